local sources = {
    "goto l", "do goto l end\n\n", "goto l; local a ::l:: f(a)", "do\n goto l\n local a\n ::l:: f()\nend", "break", "\n\nbreak\n\n",
    "while x do local f = function() break end end", "::a:: ::a::", "::a::\ndo ::a:: end", "::a::\n::b::\n::a::\nx = 1",
    "repeat if x then goto l end; local a = 10; ::l:: until a < x", "goto l; do ::l:: end",
    "local x <const> = 1; x = 2", "local x <const> = 1; x = \n 1", "local x <const> = {}; function x() end",
    "local t <const> = 1 x, t = \n 1, 2", "local x <close> = nil; x = 1", "local x <foo> = 1",
    "local a <close>, b <close> = 1", "local _ENV <const> = {}; _ENV = 1", "function f() return ... end",
}
for _, source in ipairs(sources) do
    print(select(2, load(source, "=s")))
    --> s:1: no visible label 'l' for <goto> at line 1
    --> s:3: no visible label 'l' for <goto> at line 1
    --> s:1: <goto l> at line 1 jumps into the scope of local 'a'
    --> s:4: <goto l> at line 2 jumps into the scope of local 'a'
    --> s:1: break outside loop at line 1
    --> s:5: break outside loop at line 3
    --> s:1: break outside loop at line 1
    --> s:1: label 'a' already defined on line 1
    --> s:2: label 'a' already defined on line 1
    --> s:4: label 'a' already defined on line 3
    --> s:1: <goto l> at line 1 jumps into the scope of local 'a'
    --> s:1: no visible label 'l' for <goto> at line 1
    --> s:1: attempt to assign to const variable 'x'
    --> s:1: attempt to assign to const variable 'x'
    --> s:1: attempt to assign to const variable 'x'
    --> s:1: attempt to assign to const variable 't'
    --> s:1: attempt to assign to const variable 'x'
    --> s:1: unknown attribute 'foo'
    --> s:1: multiple to-be-closed variables in local list
    --> s:1: attempt to assign to const variable '_ENV'
    --> s:1: cannot use '...' outside a vararg function near '...'
end

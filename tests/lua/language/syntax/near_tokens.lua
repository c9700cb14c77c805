local sources = {
    "x =", "x = 1 1", "x = 'a\\65' 'b'", "x = [==[a]==] y", "x = }", "x = = 1", "f(", "f(1", "f(1 2)", "a.1", "a:b = 1",
    "for x do", "for x = 1 do", "for x, y = 1", "function f(a,) end", "local function a.b() end", "if x then else elseif",
    "return return", "return 1 x = 2", "::1::", "f() = 1", "(x) = 1", "x, 1 = 1", "x", "x = @", "x = 1 $ 2",
    "x = \1", "\255x = 1", "end", "x = <", "while << do end",
}
for _, source in ipairs(sources) do
    print(select(2, load(source, "=s")))
    --> s:1: unexpected symbol near <eof>
    --> s:1: unexpected symbol near '1'
    --> s:1: unexpected symbol near ''b''
    --> s:1: syntax error near <eof>
    --> s:1: unexpected symbol near '}'
    --> s:1: unexpected symbol near '='
    --> s:1: unexpected symbol near <eof>
    --> s:1: ')' expected near <eof>
    --> s:1: ')' expected near '2'
    --> s:1: syntax error near '.1'
    --> s:1: function arguments expected near '='
    --> s:1: '=' or 'in' expected near 'do'
    --> s:1: ',' expected near 'do'
    --> s:1: 'in' expected near '='
    --> s:1: <name> or '...' expected near ')'
    --> s:1: '(' expected near '.'
    --> s:1: 'end' expected near 'elseif'
    --> s:1: unexpected symbol near 'return'
    --> s:1: <eof> expected near 'x'
    --> s:1: <name> expected near '1'
    --> s:1: syntax error near '='
    --> s:1: syntax error near '='
    --> s:1: unexpected symbol near '1'
    --> s:1: syntax error near <eof>
    --> s:1: unexpected symbol near '@'
    --> s:1: unexpected symbol near '$'
    --> s:1: unexpected symbol near '<\1>'
    --> s:1: unexpected symbol near '<\255>'
    --> s:1: <eof> expected near 'end'
    --> s:1: unexpected symbol near '<'
    --> s:1: unexpected symbol near '<<'
end

local function line(source)
    local _, message = pcall(assert(load(source, "=s")))
    return message
end
local sources = {
    "local t = {}\nlocal z = t\n.x\n.y", "a = x\n[1]\n[2]", "x\n:y\n(1)", "local a = 'a' ..\n'b'\n..\n{}\n.. 'c'",
    "local a = 1 <\nx", "local a = {} <\n\n1", "if x.y\n==\n1\nthen end", "local a = 1 +\n2 +\n{}\n+ 3", "a\n=\n-\n\nprint\n;",
    "a = \nprint\n+\n(4\n/\n7\n)", "repeat\n\nuntil x\n.y\n.z", "for i =\n1,\n{},\n3 do\nend", "for k, v in \n x\n.y\n.z do end",
    "for k, v in\n3\ndo end", "local t <close> =\n1", "return 1,\n2,\nx.y.z", "print(\nx.y\n)", "print(\nx.y\n,\n1)", "local a = {x = 13}\na\n.\nx\n(\n23 + a\n)",
    "return {\nx.y\n,\n1}", "return {\nx.y\n}", "t = {}\nt[\nnil\n]\n=\n1", "local a = x\nor\ny.z", "local a = (\nx\n.y\n)\n",
    "a, b.c = 1,\n2\n", "local a\na.b\n.c = 1",
}
for _, source in ipairs(sources) do
    print(line(source))
    --> s:4: attempt to index a nil value (field 'x')
    --> s:2: attempt to index a nil value (global 'x')
    --> s:2: attempt to index a nil value (global 'x')
    --> s:5: attempt to concatenate a table value
    --> s:2: attempt to compare number with nil
    --> s:3: attempt to compare table with number
    --> s:2: attempt to index a nil value (global 'x')
    --> s:2: attempt to perform arithmetic on a table value
    --> s:3: attempt to perform arithmetic on a function value (global 'print')
    --> s:3: attempt to perform arithmetic on a function value (global 'print')
    --> s:4: attempt to index a nil value (global 'x')
    --> s:4: bad 'for' limit (number expected, got table)
    --> s:3: attempt to index a nil value (global 'x')
    --> s:2: attempt to call a number value (for iterator 'for iterator')
    --> s:2: variable 't' got a non-closable value
    --> s:3: attempt to index a nil value (global 'x')
    --> s:3: attempt to index a nil value (global 'x')
    --> s:3: attempt to index a nil value (global 'x')
    --> s:6: attempt to perform arithmetic on a table value (local 'a')
    --> s:3: attempt to index a nil value (global 'x')
    --> s:3: attempt to index a nil value (global 'x')
    --> s:6: table index is nil
    --> s:3: attempt to index a nil value (global 'y')
    --> s:4: attempt to index a nil value (global 'x')
    --> s:2: attempt to index a nil value (global 'b')
    --> s:2: attempt to index a nil value (local 'a')
end

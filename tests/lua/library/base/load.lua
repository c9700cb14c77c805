print(load("return 1 + 1")()) --> 2
print(load("return ...")(1, 2)) --> 1	2
print(load(12)) --> nil	[string "12"]:1: unexpected symbol near '12'
print(load("x =")) --> nil	[string "x ="]:1: unexpected symbol near <eof>
print(load("x =", "=name")) --> nil	name:1: unexpected symbol near <eof>
print(load("x =", "@file.lua")) --> nil	file.lua:1: unexpected symbol near <eof>
print(load("# not a shell's line")) --> nil	[string "# not a shell's line"]:1: unexpected symbol near '#'
print(pcall(load)) --> false	bad argument #1 to 'load' (function expected, got no value)
print(pcall(load, {})) --> false	bad argument #1 to 'load' (function expected, got table)
print(#load(("a = 1\n"):rep(3000) .. "return 'long'")()) --> 4

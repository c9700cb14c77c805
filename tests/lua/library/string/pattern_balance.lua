print(("f(a(b)c)(d)"):match("%b()"), ("((x)"):match("%b()"), ("(("):match("%b()")) --> (a(b)c)	(x)	nil
print(("x'y'z"):match("%b''"), ("<<a>"):find("%b<>")) --> 'y'	2	4
print(("{a{b}c} tail"):match("^%b{}%s+(%a+)")) --> tail
print(("ab"):match("%b()"), ("\0a\1"):find("%b\0\1"), (""):match("%b\0\0")) --> nil	1	nil

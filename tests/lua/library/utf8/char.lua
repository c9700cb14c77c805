print(utf8.char(), utf8.char(72, 228, 8364, 128512)) --> 	Hä€😀
print(utf8.char(0, 0x7F, 0x80, 0x7FF, 0x800, 0xFFFF):byte(1, -1)) --> 0	127	194	128	223	191	224	160	128	239	191	191
print(utf8.char(0x10000, 0x1FFFFF, 0x200000):byte(1, -1)) --> 240	144	128	128	247	191	191	191	248	136	128	128	128
print(utf8.char(0x3FFFFFF, 0x4000000, 0x7FFFFFFF):byte(1, -1)) --> 251	191	191	191	191	252	132	128	128	128	128	253	191	191	191	191	191
print(pcall(utf8.char, -1)) --> false	bad argument #1 to 'utf8.char' (value out of range)
print(pcall(utf8.char, 65, 0x80000000)) --> false	bad argument #2 to 'utf8.char' (value out of range)
print(pcall(utf8.char, 65, "x")) --> false	bad argument #2 to 'utf8.char' (number expected, got string)

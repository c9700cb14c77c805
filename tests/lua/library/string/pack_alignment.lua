print(string.pack("!4 b i4", 1, 2):byte(1, -1)) --> 1	0	0	0	2	0	0	0
print(string.pack(">! b Xd x i2", 1, 2):byte(1, -1)) --> 1	0	0	0	0	0	0	0	0	0	0	2
print(string.packsize("!8 b Xd i4"), string.packsize("b d"), string.packsize("! b d")) --> 12	9	16
print(string.unpack("!4 b i4", "\1\0\0\0\2\0\0\0")) --> 1	2	9
print(pcall(string.pack, "!4 i3", 1)) --> false	bad argument #1 to 'string.pack' (format asks for alignment not power of 2)
print(pcall(string.packsize, "X")) --> false	bad argument #1 to 'string.packsize' (invalid next option for option 'X')
print(pcall(string.packsize, "Xz")) --> false	bad argument #1 to 'string.packsize' (invalid next option for option 'X')
print(pcall(string.packsize, "Xc1")) --> false	bad argument #1 to 'string.packsize' (invalid next option for option 'X')
print(pcall(string.packsize, "!17")) --> false	integral size (17) out of limits [1,16]

print(string.pack("<i2 >i2 =i2", 1, 1, 1):byte(1, -1)) --> 1	0	0	1	1	0
print(string.pack(">i16", -2):byte(1, -1)) --> 255	255	255	255	255	255	255	255	255	255	255	255	255	255	255	254
print(string.pack("<I9", -1):byte(1, -1)) --> 255	255	255	255	255	255	255	255	0
print(string.unpack("<i3", "\255\255\255"), string.unpack("<I3", "\255\255\255")) --> -1	16777215	4
print(string.unpack(">i12", ("\255"):rep(12))) --> -1	13
print(string.unpack("bBhHlLjJT", string.pack("bBhHlLjJT", -1, 1, -2, 2, -3, 3, -4, 4, 5))) --> -1	1	-2	2	-3	3	-4	4	5	47
print(pcall(string.pack, "i1", 128)) --> false	bad argument #2 to 'string.pack' (integer overflow)
print(pcall(string.pack, "i1", -129)) --> false	bad argument #2 to 'string.pack' (integer overflow)
print(pcall(string.pack, "I1", -1)) --> false	bad argument #2 to 'string.pack' (unsigned overflow)
print(pcall(string.pack, "I1", 256)) --> false	bad argument #2 to 'string.pack' (unsigned overflow)
print(pcall(string.pack, "i4", 1.5)) --> false	bad argument #2 to 'string.pack' (number has no integer representation)
print(pcall(string.unpack, "i9", ("\255"):rep(8) .. "\0")) --> false	9-byte integer does not fit into Lua Integer
print(pcall(string.unpack, "I9", ("\255"):rep(9))) --> false	9-byte integer does not fit into Lua Integer

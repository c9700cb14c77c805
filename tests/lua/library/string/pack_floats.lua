print(string.pack("<f", 1.5):byte(1, -1)) --> 0	0	192	63
print(string.pack(">d", -0.0):byte(1, -1)) --> 128	0	0	0	0	0	0	0
print(string.unpack("fdn", string.pack("fdn", 0.1, 0.1, "0.1"))) --> 0.10000000149012	0.1	0.1	21
print(string.unpack(">f", string.pack(">f", 1e300))) --> inf	5
print(pcall(string.pack, "d", "x")) --> false	bad argument #2 to 'string.pack' (number expected, got string)

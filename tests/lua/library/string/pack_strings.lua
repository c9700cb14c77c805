print(string.pack(">s2", "abc"):byte(1, -1)) --> 0	3	97	98	99
print(string.pack("z c5 c0", "ab", "cd", ""):byte(1, -1)) --> 97	98	0	99	100	0	0	0
print(string.unpack("z s1 c2", "ab\0\3cdefg")) --> ab	cde	fg	10
print(string.unpack("s", string.pack("s", ("x"):rep(3)))) --> xxx	12
print(pcall(string.pack, "c2", "abc")) --> false	bad argument #2 to 'string.pack' (string longer than given size)
print(pcall(string.pack, "c", "abc")) --> false	missing size for format option 'c'
print(pcall(string.pack, "s1", ("x"):rep(256))) --> false	bad argument #2 to 'string.pack' (string length does not fit in given size)
print(pcall(string.pack, "z", "a\0b")) --> false	bad argument #2 to 'string.pack' (string contains zeros)
print(pcall(string.unpack, "z", "abc")) --> false	bad argument #2 to 'string.unpack' (unfinished string for format 'z')
print(pcall(string.unpack, "s1", "\5abc")) --> false	bad argument #2 to 'string.unpack' (data string too short)
print(pcall(string.unpack, "c4", "abc")) --> false	bad argument #2 to 'string.unpack' (data string too short)

print(string.unpack("b", "abc")) --> 97	2
print(string.unpack("b", "abc", 3)) --> 99	4
print(string.unpack("b", "abc", -1)) --> 99	4
print(string.unpack("b", "abc", -9)) --> 97	2
print(string.unpack("", "abc", 4)) --> 4
print(pcall(string.unpack, "b", "abc", 4)) --> false	bad argument #2 to 'string.unpack' (data string too short)
print(pcall(string.unpack, "b", "abc", 5)) --> false	bad argument #3 to 'string.unpack' (initial position out of string)
print(pcall(string.unpack, "b", "abc", math.maxinteger)) --> false	bad argument #3 to 'string.unpack' (initial position out of string)

print(string.format("%q", "a\"b\\c\nd\0e\r\t1\1272"))
--> "a\"b\\c\
--> d\0e\13\0091\1272"
print(string.format("%q %q %q %q %q", 1, 1.5, true, nil, math.mininteger)) --> 1 0x1.8p+0 true nil 0x8000000000000000
print(string.format("%q %q %q", 1 / 0, -1 / 0, 0.1)) --> 1e9999 -1e9999 0x1.999999999999ap-4
print(pcall(string.format, "%q", {})) --> false	bad argument #2 to 'string.format' (value has no literal form)
print(pcall(string.format, "%5q", "x")) --> false	specifier '%q' cannot have modifiers

print(string.format("%d|%5d|%-5d|%05d|%+d|% d", 42, 42, 42, 42, 42, 42)) --> 42|   42|42   |00042|+42| 42
print(string.format("%i %d %d", 3.0, "10", -7)) --> 3 10 -7
print(string.format("%x %X %#x %o %08x", 255, 255, 255, 8, 48879)) --> ff FF 0xff 10 0000beef
print(string.format("%x %d", -1, math.mininteger)) --> ffffffffffffffff -9223372036854775808
print(string.format("%.3d|%6.3d|%-6.3d|", 5, 5, 5)) --> 005|   005|005   |
print(pcall(string.format, "%d", 1.5)) --> false	bad argument #2 to 'string.format' (number has no integer representation)
print(pcall(string.format, "%d", "x")) --> false	bad argument #2 to 'string.format' (number expected, got string)
print(pcall(string.format, "%d")) --> false	bad argument #2 to 'string.format' (no value)

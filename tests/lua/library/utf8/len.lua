print(utf8.len(""), utf8.len("abc"), utf8.len("aä€😀")) --> 0	3	4
print(utf8.len("aä€😀", 2), utf8.len("aä€😀", 4, 4), utf8.len("aä€😀", -4), utf8.len("abc", 4)) --> 3	1	1	0
print(utf8.len("ab\xFFc")) --> nil	3
print(utf8.len("aä", 3)) --> nil	3
print(utf8.len("\u{7FFFFFFF}")) --> nil	1
print(utf8.len("\u{7FFFFFFF}", 1, -1, true)) --> 1
print(utf8.len("\u{D7FF}\xED\xA0\x80")) --> nil	4
print(pcall(utf8.len, "abc", 5)) --> false	bad argument #2 to 'utf8.len' (initial position out of bounds)
print(pcall(utf8.len, "abc", 0)) --> false	bad argument #2 to 'utf8.len' (initial position out of bounds)
print(pcall(utf8.len, "abc", 1, 4)) --> false	bad argument #3 to 'utf8.len' (final position out of bounds)

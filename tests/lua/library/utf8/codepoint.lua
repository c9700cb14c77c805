print(utf8.codepoint("aä€😀")) --> 97
print(utf8.codepoint("aä€😀", 1, -1)) --> 97	228	8364	128512
print(utf8.codepoint("aä€😀", 2, 3)) --> 228
print((utf8.codepoint("abc", 4, 3))) --> nil
print(utf8.codepoint("\u{D7FF}\u{7FFFFFFF}", 1, -1, true)) --> 55295	2147483647
print(pcall(utf8.codepoint, "abc", 4)) --> false	bad argument #3 to 'utf8.codepoint' (out of bounds)
print(pcall(utf8.codepoint, "abc", 0)) --> false	bad argument #2 to 'utf8.codepoint' (out of bounds)
print(pcall(utf8.codepoint, "abc", 1, 4)) --> false	bad argument #3 to 'utf8.codepoint' (out of bounds)
print(pcall(utf8.codepoint, "aä", 3)) --> false	invalid UTF-8 code
print(pcall(utf8.codepoint, "\u{200000}")) --> false	invalid UTF-8 code
print(pcall(utf8.codepoint, "\xED\xA0\x80")) --> false	invalid UTF-8 code
print(pcall(utf8.codepoint, "\xC0\x80", 1, 1, true)) --> false	invalid UTF-8 code

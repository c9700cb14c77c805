print(utf8.offset("aä€😀", 1), utf8.offset("aä€😀", 3), utf8.offset("aä€😀", 5), utf8.offset("aä€😀", 6)) --> 1	4	11	nil
print(utf8.offset("aä€😀", -1), utf8.offset("aä€😀", -4), utf8.offset("aä€😀", -5)) --> 7	1	nil
print(utf8.offset("aä€😀", 0, 3), utf8.offset("aä€😀", 0, 6), utf8.offset("aä€😀", 0)) --> 2	4	1
print(utf8.offset("aä€😀", 2, 4), utf8.offset("aä€😀", -2, 7)) --> 7	2
print(utf8.offset("abc", math.maxinteger), utf8.offset("abc", math.mininteger)) --> nil	nil
print(pcall(utf8.offset, "aä", 1, 3)) --> false	initial position is a continuation byte
print(pcall(utf8.offset, "abc", 1, 5)) --> false	bad argument #3 to 'utf8.offset' (position out of bounds)
print(pcall(utf8.offset, "abc", 1, 0)) --> false	bad argument #3 to 'utf8.offset' (position out of bounds)

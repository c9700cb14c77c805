print(1 << 63, 1 << 64, 1 << 100) --> -9223372036854775808	0	0
print(-1 >> 63, -1 >> 64, -1 >> 1000) --> 1	0	0
print(1 << math.maxinteger, 1 >> math.mininteger) --> 0	0
local n = 64
print(1 << n, -1 >> n) --> 0	0

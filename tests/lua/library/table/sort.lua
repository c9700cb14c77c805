local function sorted(t, f) table.sort(t, f) return table.concat(t, " ") end
print(sorted({3, 1, 2})) --> 1 2 3
print(sorted({"b", "a", "c", "B"})) --> B a b c
print(sorted({3, 1, 2}, function(a, b) return a > b end)) --> 3 2 1
print(sorted({}), sorted({1}), sorted({2, 1}), sorted({1, 1, 1, 0})) --> 	1	1 2	0 1 1 1
print(sorted({1.5, 1, -1, 2 ^ 53, math.mininteger})) --> -9223372036854775808 -1 1 1.5 9.007199254741e+15
local t = {}
for i = 1, 100 do t[i] = (i * 37) % 101 end
table.sort(t)
local ok = true
for i = 2, #t do ok = ok and t[i - 1] <= t[i] end
print(ok, t[1], t[100]) --> true	1	100

local function f(...) return {...}, {n = 1, ...}, {..., "x"}, {(...)} end
local a, b, c, d = f(1, 2, 3)
print(#a, #b, b.n, #c, c[2], #d) --> 3	3	1	2	x	1

x, y = 1
print(x, y) --> 1	nil
local t = {a = {b = {}}}
t.a.b.c, t[1], t["k" .. 1] = 1, 2, 3
print(t.a.b.c, t[1], t.k1) --> 1	2	3

local t = {n = 1}
local u = t
t, t.n = nil, 2
print(t, u.n) --> nil	2
local a = {}
local b = a
a.x, a = 1, nil
print(a, b.x) --> nil	1

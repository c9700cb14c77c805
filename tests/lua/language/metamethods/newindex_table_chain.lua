local base = {}
local mid = setmetatable({}, {__newindex = base})
local t = setmetatable({}, {__newindex = mid})
t.x = 1
print(rawget(t, "x"), rawget(mid, "x"), base.x) --> nil	nil	1
rawset(mid, "x", 0)
t.x = 2
print(mid.x, base.x) --> 2	1

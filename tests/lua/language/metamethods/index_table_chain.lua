local a = {x = "a.x"}
local b = setmetatable({y = "b.y"}, {__index = a})
local c = setmetatable({z = "c.z"}, {__index = b})
print(c.x, c.y, c.z, c.w) --> a.x	b.y	c.z	nil
a.w = "late"
print(c.w) --> late

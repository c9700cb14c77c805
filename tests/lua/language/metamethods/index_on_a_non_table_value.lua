local t = setmetatable({}, {__index = "abc"})
print(t.len == string.len, t.upper == string.upper) --> true	true
local u = setmetatable({}, {__index = 42})
print(u.x) --! attempt to index a number value

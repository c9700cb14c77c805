local t = setmetatable({}, {__add = function() return 1, 2, 3 end, __index = function() end})
print(t + 1, (t + 1)) --> 1	1
print(t.x) --> nil
local u = setmetatable({}, {__add = function() end})
print(u + 1) --> nil

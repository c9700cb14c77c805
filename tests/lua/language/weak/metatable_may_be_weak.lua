-- coarse
local mt = setmetatable({}, { __mode = "v" })
local t = setmetatable({}, mt)
mt.__index = { x = 1 }
print(t.x) --> 1
collectgarbage()
print(t.x) --> nil
local class = { x = 2 }
mt.__index = class
collectgarbage()
print(t.x) --> 2

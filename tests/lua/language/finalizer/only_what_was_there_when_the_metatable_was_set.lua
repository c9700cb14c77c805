-- coarse
local count = 0
local mt = {}
setmetatable({}, mt)
mt.__gc = function() count = count + 1 end
collectgarbage()
print(count) --> 0
local other = { __gc = true }
setmetatable({}, other)
other.__gc = mt.__gc
collectgarbage()
print(count) --> 1
setmetatable({}, other)
other.__gc = nil
collectgarbage()
print(count) --> 1

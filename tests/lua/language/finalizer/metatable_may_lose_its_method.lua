-- coarse
local mt = setmetatable({}, { __mode = "v" })
mt.__gc = function() print("never") end
setmetatable({}, mt)
collectgarbage()
print(mt.__gc) --> nil

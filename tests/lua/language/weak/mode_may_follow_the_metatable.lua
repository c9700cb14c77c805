-- coarse
local t, mt = {}, {}
setmetatable(t, mt)
mt.__mode = "v"
t[1] = {}
collectgarbage()
collectgarbage()
print(t[1]) --> nil

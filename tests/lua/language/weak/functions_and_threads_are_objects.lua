-- coarse
local t = setmetatable({}, { __mode = "v" })
local up = {}
t[1], t[2], t[3] = function() return up end, coroutine.create(print), print
collectgarbage()
print(t[1], t[2], t[3] == print) --> nil	nil	true

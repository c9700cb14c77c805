-- coarse 100000
collectgarbage("stop")
local weak = setmetatable({}, { __mode = "v" })
collectgarbage()
weak[1] = {}
local before = collectgarbage("count")
repeat
    local garbage = {}
until collectgarbage("count") > 3 * before
collectgarbage("restart")
collectgarbage()
print(weak[1], collectgarbage("count") < 2 * before) --> nil	true

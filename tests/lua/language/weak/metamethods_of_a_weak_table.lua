-- coarse
local log = {}
local mt = { __mode = "v" }
function mt.__index(_, key) return "no " .. key end
function mt.__newindex(t, key, value)
    log[#log + 1] = key
    rawset(t, key, value)
end
local t = setmetatable({}, mt)
collectgarbage()
t.x = 1
t.x = 2
t.y = {}
collectgarbage()
print(t.x, t.y, t.z) --> 2	no y	no z
t.y = 1
print(table.concat(log, " ")) --> x y y

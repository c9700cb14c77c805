-- coarse
local t = setmetatable({}, { __mode = "kv" })
local key, value = {}, {}
t[key], t[1], t.x = {}, value, value
t[{}] = value
collectgarbage()
print(t[key], t[1] == value, t.x == value) --> nil	true	true
local count = 0
for _ in pairs(t) do
    count = count + 1
end
print(count) --> 2

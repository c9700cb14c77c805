-- coarse 1000
local t = setmetatable({}, { __mode = "k" })
collectgarbage()
local key = {}
for i = 1, 100 do
    t[key] = i
    t[key] = nil
    t[i] = i
end
local count = 0
for _ in pairs(t) do
    count = count + 1
end
print(count, t[key], t[100]) --> 100	nil	100

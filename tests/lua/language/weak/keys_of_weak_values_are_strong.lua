-- coarse
local t = setmetatable({}, { __mode = "v" })
do
    local both = {}
    t[both] = both
end
t[{}] = {}
collectgarbage()
local count = 0
for key, value in pairs(t) do
    count = count + 1
    print(key == value) --> true
end
print(count) --> 1

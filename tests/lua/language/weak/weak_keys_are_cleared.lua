-- coarse
local names = setmetatable({}, { __mode = "k" })
local kept = {}
names[kept], names[{}], names["text"], names[1] = "kept", "lost", "string", "number"
collectgarbage()
local count = 0
for _ in pairs(names) do
    count = count + 1
end
print(count, names[kept], names.text, names[1]) --> 3	kept	string	number

-- coarse
local e = setmetatable({}, { __mode = "k" })
local kept = {}
e[kept] = { key = kept }
do
    local lost = {}
    e[lost] = { key = lost }
end
collectgarbage()
local count = 0
for key, value in pairs(e) do
    count = count + 1
    print(key == kept, value.key == kept) --> true	true
end
print(count) --> 1

-- coarse
local t, kept = setmetatable({}, { __mode = "v" }), {}
for i = 1, 20 do
    local value = {}
    t[i], t["k" .. i] = value, value
    kept[i] = i % 2 == 0 and value or nil
end
local seen = 0
for key in pairs(t) do
    if seen == 0 then
        collectgarbage()
    end
    seen = seen + 1
    t[key] = nil
    collectgarbage()
end
print(seen >= 20, next(t)) --> true	nil

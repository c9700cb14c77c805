-- coarse 1000
-- Each value leads to the next key, in both orders of insertion, and through a second table.
local a, b = setmetatable({}, { __mode = "k" }), setmetatable({}, { __mode = "k" })
local function chain(from, to, step)
    local keys = {}
    for i = 1, 50 do
        keys[i] = {}
    end
    for i = from, to, step do
        local t = i % 2 == 0 and a or b
        t[keys[i]] = { { next = keys[i + 1] } }
    end
    return keys[1]
end
local function length(key)
    local n = 0
    while key do
        n = n + 1
        local value = a[key] or b[key]
        key = value and value[1].next
    end
    return n
end
local first, second = chain(1, 50, 1), chain(50, 1, -1)
collectgarbage()
print(length(first), length(second)) --> 50	50
first = nil
collectgarbage()
print(length(second)) --> 50
second = nil
collectgarbage()
print(next(a), next(b)) --> nil	nil

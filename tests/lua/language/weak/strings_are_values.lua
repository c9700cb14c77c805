-- coarse
local t = setmetatable({}, { __mode = "k" })
collectgarbage()
local long = string.rep("ab", 50)
t[long], t["short" .. 1], t[2.0], t[0.5], t[true] = 1, 2, 3, 4, 5
collectgarbage()
print(t[string.rep("ab", 50)], t.short1, t[2], t[0.5], t[true], t[false]) --> 1	2	3	4	5	nil
t[long] = nil
long = nil
collectgarbage()
print(t[string.rep("ab", 50)]) --> nil

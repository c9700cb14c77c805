-- coarse
local mt = { __mode = "k" }
local t = setmetatable({}, mt)
local key = {}
t[key], t[1] = 1, {}
collectgarbage()
print(t[key], type(t[1])) --> 1	table
mt.__mode = "v"
collectgarbage()
print(t[key], t[1]) --> 1	nil
t[2] = {}
setmetatable(t, nil)
collectgarbage()
collectgarbage()
print(t[key], type(t[2]), #t == 0 or #t == 2) --> 1	table	true
t[{}] = "strong"
collectgarbage()
local count = 0
for _ in pairs(t) do
    count = count + 1
end
print(count) --> 3

-- coarse
local count = 0
local mt = { __gc = function() count = count + 1 end }
do
    local a, b = setmetatable({}, mt), setmetatable({}, mt)
    a.other, b.other = b, a
    local co
    co = coroutine.create(function(object)
        object.co = co
        coroutine.yield(setmetatable({}, mt))
    end)
    coroutine.resume(co, a)
end
collectgarbage()
print(count) --> 3

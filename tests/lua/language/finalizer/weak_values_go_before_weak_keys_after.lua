-- coarse
local object, inner = {}, {}
local values = setmetatable({ object, inner }, { __mode = "v" })
local keys = setmetatable({ [object] = "object", [inner] = "inner" }, { __mode = "k" })
object.inner = inner
setmetatable(object, {
    __gc = function(o)
        print(values[1], values[2]) --> nil	nil
        print(keys[o], keys[o.inner]) --> object	inner
    end,
})
object, inner = nil, nil
collectgarbage()
collectgarbage()
print(next(keys), next(values)) --> nil	nil

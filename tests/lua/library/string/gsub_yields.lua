-- differs: PUC-Rio cannot yield across the C function that gsub is there
local co = coroutine.wrap(function()
    return (("a b"):gsub("%a", function(c)
        return coroutine.yield(c)
    end))
end)
print(co(), co("x"), co("y")) --> a	b	x y
local keys = setmetatable({}, { __index = function(_, key) return coroutine.yield(key) end })
co = coroutine.wrap(function() return ("a b"):gsub("%a", keys) end)
print(co(), co("x"), co("y")) --> a	b	x y	2

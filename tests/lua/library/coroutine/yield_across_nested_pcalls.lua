local function nest(n) if n == 0 then return coroutine.yield("bottom") end return select(2, pcall(nest, n - 1)) end
local co = coroutine.wrap(function() return nest(20) end)
print(co()) --> bottom
print(co("up")) --> up

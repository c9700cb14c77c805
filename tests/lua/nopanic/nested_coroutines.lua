-- coarse 10000
local function nest(n) return coroutine.wrap(function() if n > 0 then nest(n - 1)() end coroutine.yield(n) end)() end
pcall(nest, 150)
pcall(nest, 5000)

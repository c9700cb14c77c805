local function deep(n) if n == 0 then coroutine.yield("deep") return 0 end return 1 + deep(n - 1) end
local a, b = coroutine.wrap(deep), coroutine.wrap(deep)
print(a(150), b(120)) --> deep	deep
print(a(), b()) --> 150	120

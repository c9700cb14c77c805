local function counter(name) return coroutine.wrap(function() for i = 1, 3 do coroutine.yield(name .. i) end return name .. " end" end) end
local a, b = counter("a"), counter("b")
print(a(), b(), a(), b(), a(), b(), a(), b()) --> a1	b1	a2	b2	a3	b3	a end	b end

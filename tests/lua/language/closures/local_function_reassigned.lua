local function f(n) if n == 0 then return "old" end return f(n - 1) end
local g = f
f = function() return "new" end
print(g(3), g(0), f(3)) --> new	old	new

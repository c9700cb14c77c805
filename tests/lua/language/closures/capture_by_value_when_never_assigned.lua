local function make(n) return function() return n end end
local a, b = make(1), make(2)
print(a(), b(), a()) --> 1	2	1

local x = 1
local x = x + 1
print(x) --> 2
local function f() return f end
print(f() == f) --> true
local g = function() return g end
print(g()) --> nil

local function make() return function() end end
print(make() == make(), type(make())) --> false	function
local t = {}
for i = 1, 2 do t[i] = function() return t end end
print(t[1] == t[2], t[1]() == t) --> false	true

local t = setmetatable({}, {__index = function(_, k) error("no field " .. k, 2) end, __add = function() error({code = 7}) end})
print(pcall(function() return t.x end)) --> false	errors_inside_propagate.lua:2: no field x
print(select(2, pcall(function() return t + 1 end)).code) --> 7
print(t.y) --! no field y

local n
print(pcall(function() return #n end)) --> false	of_other_types_is_an_error.lua:2: attempt to get length of a nil value (upvalue 'n')
print(pcall(function() return #5 end)) --> false	of_other_types_is_an_error.lua:3: attempt to get length of a number value
print(pcall(function() return #print end)) --> false	of_other_types_is_an_error.lua:4: attempt to get length of a function value (global 'print')
local t = {}
print(#t.x) --! attempt to get length of a nil value (field 'x')

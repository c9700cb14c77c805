print(pcall(function() return 1.5 & 1 end)) --> false	number_has_no_integer_representation.lua:1: number has no integer representation
print(pcall(function() return 2 ^ 63 | 0 end)) --> false	number_has_no_integer_representation.lua:2: number has no integer representation
print(pcall(function() return ~(0 / 0) end)) --> false	number_has_no_integer_representation.lua:3: number has no integer representation
print(pcall(function() return 1 << math.huge end)) --> false	number_has_no_integer_representation.lua:4: number (field 'huge') has no integer representation
print(pcall(function() return "1.5" | 1 end)) --> false	number_has_no_integer_representation.lua:5: attempt to perform bitwise operation on a string value (constant '1.5')
local x = 0.5
print(x | 1) --! number (local 'x') has no integer representation

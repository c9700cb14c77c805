local t, k = {}, "key"
print(pcall(function() return t[k].x end)) --> false	index_by_a_variable_names_the_indexed.lua:2: attempt to index a nil value (field '?')
print(pcall(function() local i = 1; return t[i].x end)) --> false	index_by_a_variable_names_the_indexed.lua:3: attempt to index a nil value (field '?')
local z
print(pcall(function() z[k] = 1 end)) --> false	index_by_a_variable_names_the_indexed.lua:5: attempt to index a nil value (upvalue 'z')
print(pcall(function() return true .. "" end)) --> false	index_by_a_variable_names_the_indexed.lua:6: attempt to concatenate a boolean value

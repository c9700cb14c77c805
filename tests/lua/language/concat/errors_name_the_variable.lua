local x
local t = {}
print(pcall(function() return "a" .. x end)) --> false	errors_name_the_variable.lua:3: attempt to concatenate a nil value (upvalue 'x')
print(pcall(function() return x .. "a" end)) --> false	errors_name_the_variable.lua:4: attempt to concatenate a nil value (upvalue 'x')
print(pcall(function() return t.name .. "a" end)) --> false	errors_name_the_variable.lua:5: attempt to concatenate a nil value (field 'name')
print(pcall(function() return "a" .. "b" .. missing end)) --> false	errors_name_the_variable.lua:6: attempt to concatenate a nil value (global 'missing')
print(pcall(function() return "a" .. {} end)) --> false	errors_name_the_variable.lua:7: attempt to concatenate a table value
print(pcall(function() return true .. "" end)) --> false	errors_name_the_variable.lua:8: attempt to concatenate a boolean value
local y
print("a" .. y) --! attempt to concatenate a nil value (local 'y')

local x
local t = {}
print(pcall(function() x() end)) --> false	calling_a_value_that_is_no_function.lua:3: attempt to call a nil value (upvalue 'x')
print(pcall(function() local y = 1; y() end)) --> false	calling_a_value_that_is_no_function.lua:4: attempt to call a number value (local 'y')
print(pcall(function() undefined() end)) --> false	calling_a_value_that_is_no_function.lua:5: attempt to call a nil value (global 'undefined')
print(pcall(function() t.f() end)) --> false	calling_a_value_that_is_no_function.lua:6: attempt to call a nil value (field 'f')
print(pcall(function() t:m() end)) --> false	calling_a_value_that_is_no_function.lua:7: attempt to call a nil value (method 'm')
print(pcall(function() t.a.b() end)) --> false	calling_a_value_that_is_no_function.lua:8: attempt to index a nil value (field 'a')
print(pcall(function() ("x")() end)) --> false	calling_a_value_that_is_no_function.lua:9: attempt to call a string value (constant 'x')
print(pcall(function() ("x"):nope() end)) --> false	calling_a_value_that_is_no_function.lua:10: attempt to call a nil value (method 'nope')
print(pcall(function() (nil)() end)) --> false	calling_a_value_that_is_no_function.lua:11: attempt to call a nil value
print(pcall(function() t[1]() end)) --> false	calling_a_value_that_is_no_function.lua:12: attempt to call a nil value (field 'integer index')
print(pcall(function() return t() end)) --> false	calling_a_value_that_is_no_function.lua:13: attempt to call a table value (upvalue 't')
f() --! attempt to call a nil value (global 'f')

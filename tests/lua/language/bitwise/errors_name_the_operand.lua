local t, s = {}, "abc"
print(pcall(function() return t & 1 end)) --> false	errors_name_the_operand.lua:2: attempt to perform bitwise operation on a table value (upvalue 't')
print(pcall(function() return 1 | nil end)) --> false	errors_name_the_operand.lua:3: attempt to perform bitwise operation on a nil value
print(pcall(function() return s ~ 1 end)) --> false	errors_name_the_operand.lua:4: attempt to perform bitwise operation on a string value (upvalue 's')
print(pcall(function() return ~t end)) --> false	errors_name_the_operand.lua:5: attempt to perform bitwise operation on a table value (upvalue 't')
print(pcall(function() return t.x << 1 end)) --> false	errors_name_the_operand.lua:6: attempt to perform bitwise operation on a nil value (field 'x')
print(1.5 & t) --! attempt to perform bitwise operation on a table value (local 't')

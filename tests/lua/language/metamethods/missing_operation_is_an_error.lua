local t = setmetatable({}, {__add = function() return 1 end})
print(t + 1) --> 1
print(pcall(function() return t - 1 end)) --> false	missing_operation_is_an_error.lua:3: attempt to perform arithmetic on a table value (upvalue 't')
print(pcall(function() return t .. "" end)) --> false	missing_operation_is_an_error.lua:4: attempt to concatenate a table value (upvalue 't')
print(pcall(function() return t & 1 end)) --> false	missing_operation_is_an_error.lua:5: attempt to perform bitwise operation on a table value (upvalue 't')
print(t < t) --! attempt to compare two table values

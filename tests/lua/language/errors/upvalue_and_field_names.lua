local up
local obj = {inner = {}}
print(pcall(function() up() end)) --> false	upvalue_and_field_names.lua:3: attempt to call a nil value (upvalue 'up')
print(pcall(function() up.x = 1 end)) --> false	upvalue_and_field_names.lua:4: attempt to index a nil value (upvalue 'up')
print(pcall(function() return up .. "x" end)) --> false	upvalue_and_field_names.lua:5: attempt to concatenate a nil value (upvalue 'up')
print(pcall(function() return obj.inner.deep.x end)) --> false	upvalue_and_field_names.lua:6: attempt to index a nil value (field 'deep')
print(pcall(function() obj.inner.f() end)) --> false	upvalue_and_field_names.lua:7: attempt to call a nil value (field 'f')
print(pcall(function() obj.inner:m() end)) --> false	upvalue_and_field_names.lua:8: attempt to call a nil value (method 'm')
print(pcall(function() return -obj.inner end)) --> false	upvalue_and_field_names.lua:9: attempt to perform arithmetic on a table value (field 'inner')
print(pcall(function() return obj.inner < 1 end)) --> false	upvalue_and_field_names.lua:10: attempt to compare table with number
print(pcall(function() return #obj.inner.n end)) --> false	upvalue_and_field_names.lua:11: attempt to get length of a nil value (field 'n')

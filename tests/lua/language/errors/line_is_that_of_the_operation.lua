local t = {}
print(pcall(function() --> false	line_is_that_of_the_operation.lua:4: attempt to perform arithmetic on a table value (upvalue 't')
  local a = 1
  local b = a +
    t
end))
print(pcall(function() --> false	line_is_that_of_the_operation.lua:11: attempt to index a nil value (field 'x')
  t
  .x
  .y
  = 1
end))
print(pcall(function() --> false	line_is_that_of_the_operation.lua:14: attempt to index a nil value (field 'a')
  local x = t.a.b
end))

local a
t = {}
print(pcall(function() local x; return x + 1 end)) --> false	arithmetic_on_nil_names_the_variable.lua:3: attempt to perform arithmetic on a nil value (local 'x')
print(pcall(function() return a + 1 end)) --> false	arithmetic_on_nil_names_the_variable.lua:4: attempt to perform arithmetic on a nil value (upvalue 'a')
print(pcall(function() return t.field * 2 end)) --> false	arithmetic_on_nil_names_the_variable.lua:5: attempt to perform arithmetic on a nil value (field 'field')
print(pcall(function() return undefined - 2 end)) --> false	arithmetic_on_nil_names_the_variable.lua:6: attempt to perform arithmetic on a nil value (global 'undefined')
print(pcall(function() return t.a.b + 1 end)) --> false	arithmetic_on_nil_names_the_variable.lua:7: attempt to index a nil value (field 'a')
print(pcall(function() return -t end)) --> false	arithmetic_on_nil_names_the_variable.lua:8: attempt to perform arithmetic on a table value (global 't')
print(pcall(function() return 2 ^ {} end)) --> false	arithmetic_on_nil_names_the_variable.lua:9: attempt to perform arithmetic on a table value
print(pcall(function() return print + 1 end)) --> false	arithmetic_on_nil_names_the_variable.lua:10: attempt to perform arithmetic on a function value (global 'print')
print(a // 2) --! attempt to perform arithmetic on a nil value (local 'a')

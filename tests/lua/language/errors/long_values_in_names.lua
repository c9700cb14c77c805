local a_rather_long_variable_name_that_goes_on_and_on
print(pcall(function() return a_rather_long_variable_name_that_goes_on_and_on.x end)) --> false	long_values_in_names.lua:2: attempt to index a nil value (upvalue 'a_rather_long_variable_name_that_goes_on_and_on')

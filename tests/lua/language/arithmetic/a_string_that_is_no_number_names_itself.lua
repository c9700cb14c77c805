local s = "abc"
print(pcall(function() return s + 1 end)) --> false	a_string_that_is_no_number_names_itself.lua:2: attempt to add a 'string' with a 'number'
print(pcall(function() return 1 + s end)) --> false	a_string_that_is_no_number_names_itself.lua:3: attempt to add a 'number' with a 'string'
print(pcall(function() return {} .. "x" end)) --> false	a_string_that_is_no_number_names_itself.lua:4: attempt to concatenate a table value
print(s * 2) --! attempt to mul a 'string' with a 'number'

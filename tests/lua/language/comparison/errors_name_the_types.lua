print(pcall(function() return {} < {} end)) --> false	errors_name_the_types.lua:1: attempt to compare two table values
print(pcall(function() return nil > 1 end)) --> false	errors_name_the_types.lua:2: attempt to compare number with nil
print(pcall(function() return true <= false end)) --> false	errors_name_the_types.lua:3: attempt to compare two boolean values
print(pcall(function() return print >= "x" end)) --> false	errors_name_the_types.lua:4: attempt to compare string with function
print(pcall(function() return 1 < nil end)) --> false	errors_name_the_types.lua:5: attempt to compare number with nil
print({} <= 1) --! attempt to compare table with number

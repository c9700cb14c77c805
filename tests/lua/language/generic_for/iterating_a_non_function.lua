print(pcall(function() for i in 5 do end end)) --> false	iterating_a_non_function.lua:1: attempt to call a number value (for iterator 'for iterator')
print(pcall(function() for k, v in {} do end end)) --> false	iterating_a_non_function.lua:2: attempt to call a table value (for iterator 'for iterator')
for x in nil do end --! attempt to call a nil value (for iterator 'for iterator')

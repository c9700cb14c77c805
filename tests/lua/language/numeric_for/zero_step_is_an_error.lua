print(pcall(function() for i = 1, 2, 0 do end end)) --> false	zero_step_is_an_error.lua:1: 'for' step is zero
print(pcall(function() for i = 1.0, 2, 0.0 do end end)) --> false	zero_step_is_an_error.lua:2: 'for' step is zero
for i = 1, 10, 0 do end --! 'for' step is zero

local zero = 0
print(pcall(function() return 1 // zero end)) --> false	integer_division_by_zero_is_an_error.lua:2: attempt to divide by zero
print(pcall(function() return 1 % zero end)) --> false	integer_division_by_zero_is_an_error.lua:3: attempt to perform 'n%0'
print(1 // 0.0, 1 % math.huge) --> inf	1.0
print(1 // zero) --! attempt to divide by zero

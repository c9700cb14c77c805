print(pcall(function() for i = "1", 2 do end end)) --> true
print(pcall(function() for i = 1, {} do end end)) --> false	non_numbers_are_errors.lua:2: bad 'for' limit (number expected, got table)
print(pcall(function() for i = 1, 2, nil do end end)) --> false	non_numbers_are_errors.lua:3: bad 'for' step (number expected, got nil)
print(pcall(function() for i = nil, 2 do end end)) --> false	non_numbers_are_errors.lua:4: bad 'for' initial value (number expected, got nil)
for i = 1, "10" do end

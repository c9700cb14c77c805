print(1 == "1", 0 == false, nil == false, "" == nil, {} == {}) --> false	false	false	false	false
print(pcall(function() return 1 < "2" end)) --> false	no_coercion_between_types.lua:2: attempt to compare number with string
print(pcall(function() return "1" <= 2 end)) --> false	no_coercion_between_types.lua:3: attempt to compare string with number

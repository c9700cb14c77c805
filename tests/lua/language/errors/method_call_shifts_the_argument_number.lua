print(pcall(function() ("x"):sub() end)) --> false	method_call_shifts_the_argument_number.lua:1: bad argument #1 to 'sub' (number expected, got no value)
print(pcall(function() ("x"):sub({}) end)) --> false	method_call_shifts_the_argument_number.lua:2: bad argument #1 to 'sub' (number expected, got table)
print(pcall(function() string.sub() end)) --> false	method_call_shifts_the_argument_number.lua:3: bad argument #1 to 'sub' (string expected, got no value)
print(pcall(function() local s = {sub = string.sub}; s:sub(1) end)) --> false	method_call_shifts_the_argument_number.lua:4: calling 'sub' on bad self (string expected, got table)

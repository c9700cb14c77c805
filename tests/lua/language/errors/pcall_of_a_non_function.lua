print(pcall(nil)) --> false	attempt to call a nil value
print(pcall({})) --> false	attempt to call a table value
print(pcall(1, 2)) --> false	attempt to call a number value
print(xpcall(nil, function(e) return "handled: " .. e end)) --> false	handled: attempt to call a nil value

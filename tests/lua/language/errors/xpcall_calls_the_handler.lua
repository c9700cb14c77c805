print(xpcall(function(a, b) return a + b end, print, 1, 2)) --> true	3
print(xpcall(function() error("oops", 0) end, function(e) return "handled " .. e, "second" end)) --> false	handled oops
print(xpcall(function() local x = nil; x() end, function(e) return "H: " .. e end)) --> false	H: xpcall_calls_the_handler.lua:3: attempt to call a nil value (local 'x')
print(xpcall(error, function(e) return type(e) end, {})) --> false	table

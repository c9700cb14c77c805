-- coarse 10000
local count = 0
print(xpcall(error, function(message) count = count + 1; error(message) end, "x")) --> false	error in error handling
print(count > 100, count < 300) --> true	true
print(xpcall(error, function() return nil + 1 end)) --> false	error in error handling
print(type(select(2, xpcall(error, error)))) --> string

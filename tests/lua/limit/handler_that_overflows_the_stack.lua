-- coarse 10000
local function loop() return 1 + loop() end
print(xpcall(loop, loop)) --> false	error in error handling
print(xpcall(loop, function(message) return message end)) --> false	handler_that_overflows_the_stack.lua:2: stack overflow

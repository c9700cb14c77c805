-- coarse 10000
local function loop() return 1 + loop() end
local inner
print(xpcall(loop, function(message) --> false	handler_has_room_after_stack_overflow.lua:2: stack overflow!
    inner = select(2, pcall(loop))
    return message .. "!"
end))
print(inner) --> error in error handling
print(pcall(loop)) --> false	handler_has_room_after_stack_overflow.lua:2: stack overflow

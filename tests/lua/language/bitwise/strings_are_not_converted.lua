print(pcall(function() return "3" & 1 end)) --> false	strings_are_not_converted.lua:1: attempt to perform bitwise operation on a string value (constant '3')
local s = "0x10"
print(pcall(function() return 1 | s end)) --> false	strings_are_not_converted.lua:3: attempt to perform bitwise operation on a string value (upvalue 's')
print(~s) --! attempt to perform bitwise operation on a string value (local 's')

local strings = getmetatable("")
local function add(a, b) return a + b end
print("10" + 1, "0x10" * "2", "3" // 2, "7" % "4", 2 ^ "2", -"5", "1" / 2, "10" - "0.5") --> 11	32	1	3	4.0	-5	0.5	9.5
print(pcall(add, "x", 1)) --> false	arithmetic_metamethods.lua:2: attempt to add a 'string' with a 'number'
print(pcall(add, {}, "10")) --> false	arithmetic_metamethods.lua:2: attempt to add a 'table' with a 'string'
print(pcall(add, "10", {})) --> false	arithmetic_metamethods.lua:2: attempt to add a 'string' with a 'table'
print(pcall(function(a) return -a end, "x")) --> false	arithmetic_metamethods.lua:7: attempt to unm a 'string' with a 'string'
print(pcall(function(a) return a // 0 end, "1")) --> false	attempt to divide by zero
print(pcall(function(a) return a & 1 end, "1")) --> false	arithmetic_metamethods.lua:9: attempt to perform bitwise operation on a string value (local 'a')
print(add("10", setmetatable({}, { __add = function(a, b) return type(a) .. type(b) end }))) --> stringtable
print(strings.__add("10", 2), strings.__mod(7, "4"), strings.__unm("0x10"), strings.__band) --> 12	3	-16	nil
print(pcall(strings.__add, 1)) --> true	2
strings.__add = function(a, b) return a .. "+" .. b end
print(add("10", 1), add(10, 1)) --> 10+1	11
strings.__add = nil
print(pcall(add, "10", 1)) --> false	arithmetic_metamethods.lua:2: attempt to perform arithmetic on a string value (local 'a')

local t = setmetatable({}, {__tostring = function() return "I am t" end})
print(t, tostring(t)) --> I am t	I am t
local bad = setmetatable({}, {__tostring = function() return 1 end})
print(pcall(tostring, bad)) --> true	1
local named = setmetatable({}, {__name = "My.Type"})
print(tostring(named):sub(1, 8)) --> My.Type:
print(pcall(function() return named + 1 end)) --> false	tostring_and_name.lua:7: attempt to perform arithmetic on a My.Type value (upvalue 'named')
print(pcall(function() return named < named end)) --> false	tostring_and_name.lua:8: attempt to compare two My.Type values
print(pcall(function() return #nil .. named end)) --> false	tostring_and_name.lua:9: attempt to get length of a nil value
print(pcall(string.rep, named)) --> false	bad argument #1 to 'string.rep' (string expected, got My.Type)

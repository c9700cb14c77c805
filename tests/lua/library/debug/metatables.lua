-- Metatables of all types can be had and set, whatever `__metatable` says; the registry is a table.
local t = setmetatable({}, {__metatable = "locked"})
print(getmetatable(t), debug.getmetatable(t).__metatable) --> locked	locked
print(debug.setmetatable(t, nil) == t, getmetatable(t)) --> true	nil
debug.setmetatable(1, {__index = function(n, key) return key .. n end, __call = function(n) return n + 1 end})
print((5).key, (6)(), pcall(debug.setmetatable, 1)) --> key5	7	false	bad argument #2 to 'debug.setmetatable' (nil or table expected, got no value)
debug.setmetatable(1, nil)
print(debug.getmetatable(1), type(debug.getregistry())) --> nil	table
print(debug.getuservalue({}), pcall(debug.setuservalue, {}, 1)) --> nil	false	bad argument #1 to 'debug.setuservalue' (userdata expected, got table)

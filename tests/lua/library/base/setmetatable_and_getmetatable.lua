local mt = {}
local t = setmetatable({}, mt)
print(getmetatable(t) == mt, getmetatable(setmetatable(t, nil))) --> true	nil
print(pcall(setmetatable, {})) --> false	bad argument #2 to 'setmetatable' (nil or table expected, got no value)
print(pcall(setmetatable, {}, 1)) --> false	bad argument #2 to 'setmetatable' (nil or table expected, got number)
print(pcall(setmetatable, "x", {})) --> false	bad argument #1 to 'setmetatable' (table expected, got string)
print(pcall(getmetatable)) --> false	bad argument #1 to 'getmetatable' (value expected)

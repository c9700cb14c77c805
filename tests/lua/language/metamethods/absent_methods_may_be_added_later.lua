local mt = {}
local t = setmetatable({}, mt)
print(t.x, pcall(function() return t + 1 end)) --> nil	false	absent_methods_may_be_added_later.lua:3: attempt to perform arithmetic on a table value (upvalue 't')
mt.__index = function() return "now" end
mt.__add = function() return "added" end
print(t.x, t + 1) --> now	added
mt.__index = nil
print(t.x) --> nil

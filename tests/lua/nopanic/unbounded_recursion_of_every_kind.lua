-- coarse 100000
local mt = {}
mt.__index = function(t, k) return t[k] end
mt.__add = function(a, b) return a + b end
mt.__call = function(self, ...) return (self(...)) end
mt.__tostring = function(t) return tostring(t) end
mt.__eq = function(a, b) return a == b end
mt.__lt = function(a, b) return a < b end
mt.__concat = function(a, b) return a .. b end
mt.__len = function(a) return #a + 1 end
local a, b = setmetatable({}, mt), setmetatable({}, mt)
pcall(function() return a.x end)
pcall(function() return a + b end)
pcall(function() return a() end)
pcall(function() return tostring(a) end)
pcall(function() return a == b end)
pcall(function() return a < b end)
pcall(function() return a .. b end)
pcall(function() return #a end)

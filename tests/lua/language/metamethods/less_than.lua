local mt
mt = {__lt = function(a, b) return (type(a) == "table" and a.v or a) < (type(b) == "table" and b.v or b) end}
local function V(v) return setmetatable({v = v}, mt) end
print(V(1) < V(2), V(2) < V(1), V(1) > V(0), V(1) < 5, 5 < V(1)) --> true	false	true	true	false
print(pcall(function() return V(1) <= V(2) end)) --> false	less_than.lua:5: attempt to compare two table values

local mt = {__eq = function() return 0 end}
print(setmetatable({}, mt) == setmetatable({}, mt)) --> true
mt.__eq = function() return nil end
print(setmetatable({}, mt) == setmetatable({}, mt)) --> false

local calls = 0
local mt = {__eq = function(a, b) calls = calls + 1 return true end}
local a, b = setmetatable({}, mt), setmetatable({}, mt)
print(a == b, a ~= b, calls) --> true	false	2
print(a == 1, a == "x", a == a, a == nil, calls) --> false	false	true	false	2
print(a == {}, {} == a, calls) --> true	true	4
print(rawequal(a, b)) --> false

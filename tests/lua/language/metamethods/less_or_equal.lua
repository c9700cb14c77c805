local mt = {__le = function(a, b) return "truthy" end, __lt = function() return nil end}
local a, b = setmetatable({}, mt), setmetatable({}, mt)
print(a <= b, a >= b, a < b, a > b, not (a <= b), a <= 1, "x" >= a) --> true	true	false	false	false	true	true
if a < b then print("then") else print("else") end --> else

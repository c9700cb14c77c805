local t = setmetatable({here = 1}, {__index = function(t, k) return k .. "?" end})
print(t.here, t.missing, t["x y"], rawget(t, "missing")) --> 1	missing?	x y?	nil
t.missing = "set"
print(t.missing) --> set

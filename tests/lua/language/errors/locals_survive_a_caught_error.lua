local a, b = 1, "b"
local ok, e = pcall(function() a = 2; local c = a .. b; error(c, 0) end)
print(a, b, ok, e) --> 2	b	false	2b

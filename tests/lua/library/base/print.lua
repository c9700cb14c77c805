print() -->
print(1, nil, true, "x", 2.5) --> 1	nil	true	x	2.5
print("a\nb")
--> a
--> b
print(setmetatable({}, {__tostring = function() return "T" end}), "next") --> T	next
print(pcall(print, setmetatable({}, {__tostring = function() return {} end}))) --> false	'__tostring' must return a string

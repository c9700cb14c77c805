local t = setmetatable({}, {__concat = function(a, b) return (type(a) == "table" and "T" or a) .. "|" .. (type(b) == "table" and "T" or b) end})
print(t .. "a", "a" .. t, t .. t, 1 .. t, "a" .. "b" .. t, t .. "a" .. "b") --> T|a	a|T	T|T	1|T	ab|T	T|ab

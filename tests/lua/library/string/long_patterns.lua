-- coarse 100
local s = ("a"):rep(20000)
print((s .. "b"):find("^" .. s .. "b$")) --> 1	20001
print(("b"):find("[" .. s .. "]"), ("a"):find("[" .. s .. "]"), ("c"):find("[^" .. ("ab"):rep(20000) .. "]")) --> nil	1	1	1
print((("ab"):gsub("b", s)) == "a" .. s) --> true
print(#("ab"):gsub(".", ("%0"):rep(20000))) --> 40000
print(pcall(string.find, "a", "[" .. s)) --> false	malformed pattern (missing ']')
print(("a"):gmatch("[" .. s .. "]")()) --> a

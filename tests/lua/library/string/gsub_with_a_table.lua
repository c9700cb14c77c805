print(("$name is $age"):gsub("%$(%w+)", { name = "Ann", age = 30 })) --> Ann is 30	2
print(("a b c"):gsub("%a", { a = "x", b = false, c = 1.5 })) --> x b 1.5	3
print(("abc"):gsub("()", { "1st", [3] = "3rd" })) --> 1stab3rdc	4
print(("a b"):gsub("%a", setmetatable({}, { __index = function(_, k) return k:upper() end }))) --> A B	2
print(("a b"):gsub("%a", setmetatable({}, { __index = { a = "table" } }))) --> table b	2
print(("key=val"):gsub("(%w+)=(%w+)", { key = "found" })) --> found	1
print(pcall(string.gsub, "a", ".", { a = {} })) --> false	invalid replacement value (a table)
print(pcall(string.gsub, "a", ".", { a = true })) --> false	invalid replacement value (a boolean)
print(pcall(string.gsub, "a", ".", setmetatable({}, { __index = 4 }))) --> false	attempt to index a number value

print(("hello world"):gsub("%w+", string.upper)) --> HELLO WORLD	2
print(("a=1, b=2"):gsub("(%w)=(%w)", function(k, v) return v .. "=" .. k end)) --> 1=a, 2=b	2
print(("abc"):gsub(".", function(c) if c ~= "b" then return c .. c end end)) --> aabcc	3
print(("abc"):gsub("b", function() return false end), ("abc"):gsub("b", function() return 42 end)) --> abc	a42c	1
print(("abc"):gsub("()", function(at) return at end)) --> 1a2b3c4	4
print(("abc"):gsub("x*", function(...) return select("#", ...) end)) --> 1a1b1c1	4
print(("a(b(c))"):gsub("%((.*)%)", function(s) return "[" .. s:gsub("%((.*)%)", "{%1}") .. "]" end)) --> a[b{c}]	1
print(pcall(string.gsub, "abc", ".", function() return {} end)) --> false	invalid replacement value (a table)
print(pcall(string.gsub, "abc", ".", function(c) error("at " .. c, 0) end)) --> false	at a

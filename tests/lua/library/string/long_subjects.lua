-- coarse 100
local n = 70000
local s = ("a"):rep(n)
print(s:find("^a*$")) --> 1	70000
print(s:find("a-$")) --> 1	70000
print(s:find("^a-b")) --> nil
print(#s:match(".*"), #s:match("a(.*)"), #(s .. "b"):match("^[^b]+")) --> 70000	69999	70000
print(#select(3, s:find("(.*).")), select("#", s:match("((((.*))))"))) --> 69999	4
print(("(" .. s .. ")"):find("%b()")) --> 1	70002
print(#select(3, (s .. "-" .. s):find("^(a+)%-%1$")), (s .. "-" .. s .. "b"):find("^(a+)%-%1$")) --> 70000	nil
print((s .. "b"):find("b"), s:find("b"), (s .. "b"):find("[b]")) --> 70001	nil	70001	70001
local r, count = s:gsub("a", "bc")
print(#r, count, r:sub(1, 6), r:sub(-3)) --> 140000	70000	bcbcbc	cbc
print(#s:gsub("^a", "x"), #s:gsub("a$", "%0%0"), #s:gsub("^.*$", "%0%0")) --> 70000	70001	140000
print(#(s:gsub("^.*$", function(x) return x .. x end)), #(s:gsub("^.(.*)$", { [s:sub(2)] = "short" }))) --> 140000	5
for x in s:gmatch("a(.+)") do print(#x) end --> 69999

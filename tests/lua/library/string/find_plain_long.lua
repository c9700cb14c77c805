-- coarse
local n = 100000
local text = ("a"):rep(n) .. "b"
print(text:find("b", 1, true)) --> 100001	100001
print(text:find(("a"):rep(500) .. "b", 1, true)) --> 99501	100001
print(text:find(("a"):rep(2000) .. "b", 98000, true)) --> 98001	100001
print(text:find(("a"):rep(2000) .. "c", 98000, true)) --> nil
print(text:find(("a"):rep(n) .. "b", 1, true)) --> 1	100001
print(text:find(("a"):rep(n) .. "c", 1, true)) --> nil

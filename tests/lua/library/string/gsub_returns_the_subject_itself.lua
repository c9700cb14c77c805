local s = ("a"):rep(100)
local function is_same(other) return ("%p"):format(s) == ("%p"):format(other) end
print(is_same(s:gsub("b", "c")), is_same(s:gsub("a", {})), is_same((s:gsub("a", function() end)))) --> true	true	true
print(is_same((s:gsub("a", "a"))), s:gsub("a", "a") == s) --> false	true

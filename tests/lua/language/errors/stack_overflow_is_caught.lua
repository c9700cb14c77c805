-- coarse 100000
local function f() return 1 + f() end
local ok, e = pcall(f)
print(ok, type(e)) --> false	string
local n = 0
local function g() n = n + 1 local x = g() return x end
print((pcall(g)), n > 1000) --> false	true
print("still alive") --> still alive

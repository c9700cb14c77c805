local function f(x) do return x end end
print(f(1)) --> 1
local function g() return end
print(g(), select("#", g())) --> nil	0
local function h() return; end
print((h())) --> nil

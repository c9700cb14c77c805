local x <const> = 42
local s <const>, t <const> = "s", {}
print(x, s, x + 1, s .. x, type(t)) --> 42	s	43	s42	table
local function f() return x, s end
print(f()) --> 42	s
t.a = 1
print(t.a) --> 1

local function f() return 1, 2 end
print((f()), (f()), f()) --> 1	1	1	2
local t = {(f())}
print(#t) --> 1

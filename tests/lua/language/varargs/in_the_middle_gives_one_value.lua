local function f(...) return ..., "end" end
print(f(1, 2, 3)) --> 1	end
local function g(...) local t = {..., ...} return #t end
print(g(1, 2, 3)) --> 4

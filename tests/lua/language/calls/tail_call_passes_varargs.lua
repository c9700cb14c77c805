local function count(...) return select("#", ...) end
local function f(...) return count(nil, ...) end
print(f(), f(1), f(1, nil)) --> 1	2	3
local function shrink(a, ...) if a == nil then return "end" end return shrink(...) end
print(shrink(1, 2, 3, 4, 5)) --> end

local function pass(...) return ... end
local t = {}
for i = 1, 200 do t[i] = i end
print(select("#", pass(table.unpack(t))), (select(200, pass(table.unpack(t))))) --> 200	200
local function sum(...) local s = 0 for i = 1, select("#", ...) do s = s + (select(i, ...)) end return s end
print(sum(table.unpack(t))) --> 20100

local function count(...) return select("#", ...) end
local t = {}
for i = 1, 5000 do t[i] = i end
print(count(table.unpack(t))) --> 5000
print(select(4999, table.unpack(t))) --> 4999	5000

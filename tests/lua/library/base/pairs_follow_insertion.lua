-- differs: PUC-Rio orders the hash part by hash; deimos keeps the order of insertion
local t = {}
t.zebra = 1 t.apple = 2 t.mango = 3
local keys = {}
for k in pairs(t) do keys[#keys + 1] = k end
print(table.concat(keys, " ")) --> zebra apple mango

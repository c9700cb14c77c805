-- coarse
local s = "x"
for i = 1, 15 do s = s .. s end
print(#s) --> 32768
local parts = {}
for i = 1, 500 do parts[i] = i end
print(#table.concat(parts, ",")) --> 1891

local function three() return 1, 2, 3 end
local a, b = three()
print(a, b) --> 1	2
local c, d, e, g = three()
print(c, d, e, g) --> 1	2	3	nil
print(three(), three()) --> 1	1	2	3
print((three()), ({three(), three()})[4], #{three(), three()}) --> 1	3	4

local x = 1
local function old() return x end
local x = 2
local function new() return x end
x = 3
print(old(), new()) --> 1	3

-- coarse 1000
local start = os.clock()
print(math.type(start), start >= 0) --> float	true
local sum = 0
for i = 1, 20000 do
    sum = sum + i
end
print(os.clock() > start) --> true

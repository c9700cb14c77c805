for i = 1, 3.9 do print(i, math.type(i)) end
--> 1	integer
--> 2	integer
--> 3	integer
for i = 3, 1.1, -1 do print(i) end
--> 3
--> 2
local n = 0
for i = math.maxinteger - 1, math.huge do n = n + 1 end
print(n) --> 2
for i = 1, -math.huge do n = n + 1 end
for i = 1, 0 / 0 do n = n + 1 end
print(n) --> 2

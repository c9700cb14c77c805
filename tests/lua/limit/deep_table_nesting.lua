local t = {}
local top = t
for i = 1, 1000 do t.next = {} t = t.next end
local n = 0
while top.next do n = n + 1 top = top.next end
print(n) --> 1000

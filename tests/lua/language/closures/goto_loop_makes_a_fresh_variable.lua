local fs = {}
local i = 1
::top::
local x = i
fs[i] = function() x = x + 10 return x end
i = i + 1
if i <= 3 then goto top end
print(fs[1](), fs[1](), fs[2](), fs[3]()) --> 11	21	12	13

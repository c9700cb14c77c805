local fs, n = {}, 0
while n < 3 do
  n = n + 1
  local x = n
  fs[n] = function() x = x + 100 return x end
end
print(fs[1](), fs[1](), fs[2](), fs[3]()) --> 101	201	102	103
local gs = {}
local m = 0
repeat
  m = m + 1
  local y = m
  gs[m] = function() y = y + 1 return y end
until y >= 2
print(gs[1](), gs[2](), gs[2]()) --> 2	3	4

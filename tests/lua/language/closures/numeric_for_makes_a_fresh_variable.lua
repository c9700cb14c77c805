local fs = {}
for i = 1, 3 do fs[i] = function() return i end end
print(fs[1](), fs[2](), fs[3]()) --> 1	2	3
for i = 1, 3 do
  fs[i] = function() i = i + 10 return i end
end
print(fs[1](), fs[1](), fs[2](), fs[3]()) --> 11	21	12	13

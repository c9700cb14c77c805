local n = 0
for i = math.maxinteger - 1, math.maxinteger do n = n + 1 end
print(n) --> 2
for i = math.mininteger + 1, math.mininteger, -1 do n = n + 1 end
print(n) --> 4
for i = math.maxinteger - 2, math.maxinteger, 2 do n = n + 1 end
print(n) --> 6
for i = 1, math.maxinteger, math.maxinteger do n = n + 1 end
print(n) --> 7
for i = math.mininteger, math.maxinteger, math.maxinteger do n = n + 1 end
print(n) --> 10

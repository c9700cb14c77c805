local n, last = 0
for x = 0, 1, 0.1 do n = n + 1; last = x end
print(n, last < 1 and "below one" or last) --> 11	below one
for x = 0.1, 0.35, 0.1 do print(string.format("%.3f", x)) end
--> 0.100
--> 0.200
--> 0.300

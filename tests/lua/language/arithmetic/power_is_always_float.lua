print(2 ^ 3, 2 ^ 0.5 == math.sqrt(2), 10 ^ -1) --> 8.0	true	0.1
print(2 ^ 3 ^ 2) --> 512.0
print(-2 ^ 2) --> -4.0
print(2 ^ -1, 0 ^ 0, (-8) ^ 2) --> 0.5	1.0	64.0
print(math.type(2 ^ 2)) --> float

print(math.max(1, 5, 3), math.min(1, 5, 3), math.max(2), math.max(1, 2.5), math.min(1, 1.0)) --> 5	1	2	2.5	1
print(math.max(-0.0, 0), math.max(1.0, 1), math.min(3, 2.0, 2)) --> -0.0	1.0	2.0
print(pcall(math.max)) --> false	bad argument #1 to 'math.max' (value expected)
print(pcall(math.min, 1, "x")) --> false	attempt to compare string with number

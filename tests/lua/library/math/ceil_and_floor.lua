print(math.floor(3.7), math.floor(-3.7), math.ceil(3.2), math.ceil(-3.2), math.floor(5), math.ceil(5)) --> 3	-4	4	-3	5	5
print(math.type(math.floor(3.7)), math.floor(1e100) == 1e100, math.type(math.ceil(2 ^ 70))) --> integer	true	float
print(math.floor(-0.0), math.ceil(-0.5), math.floor(2 ^ 62), math.floor(-2 ^ 63), math.floor(2 ^ 63)) --> 0	0	4611686018427387904	-9223372036854775808	9.2233720368548e+18
print(math.floor("3.7"), pcall(math.floor, "x")) --> 3	false	bad argument #1 to 'math.floor' (number expected, got string)

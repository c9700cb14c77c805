print(math.abs(-5), math.abs(5), math.abs(-5.5), math.abs(-0.0), math.abs(math.mininteger)) --> 5	5	5.5	0.0	-9223372036854775808
print(math.type(math.abs(-1)), math.type(math.abs(-1.0)), math.abs("-3")) --> integer	float	3.0
print(pcall(math.abs)) --> false	bad argument #1 to 'math.abs' (number expected, got no value)

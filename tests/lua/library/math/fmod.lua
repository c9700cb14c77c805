print(math.fmod(7, 3), math.fmod(-7, 3), math.fmod(7, -3), math.fmod(-7, -3)) --> 1	-1	1	-1
print(math.fmod(7.5, 2), math.fmod(-7.5, 2), math.fmod(5, math.huge), math.fmod(math.mininteger, -1)) --> 1.5	-1.5	5.0	0
print(pcall(math.fmod, 1, 0)) --> false	bad argument #2 to 'math.fmod' (zero)
print(math.fmod(1, 0.0) ~= math.fmod(1, 0.0), math.type(math.fmod(6, 3)), math.type(math.fmod(6, 3.0))) --> true	integer	float

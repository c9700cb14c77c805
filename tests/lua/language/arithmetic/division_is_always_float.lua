print(4 / 2, 7 / 2, 0 / 5) --> 2.0	3.5	0.0
print(1 / 0, -1 / 0, 1 // 1) --> inf	-inf	1
local zero = 0
print(0 / zero ~= 0 / zero) --> true
print(math.type(8 / 2)) --> float

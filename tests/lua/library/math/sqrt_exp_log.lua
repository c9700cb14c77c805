print(math.sqrt(16), math.sqrt(2), math.exp(0), math.exp(1)) --> 4.0	1.4142135623731	1.0	2.718281828459
print(math.log(1), math.log(8, 2), math.log(1000, 10), math.log(27, 3) > 2.99, math.log(0)) --> 0.0	3.0	3.0	true	-inf
print(math.log(1024, 2), math.log(100, 10), math.log(2, 4)) --> 10.0	2.0	0.5
print(math.sqrt(-1) ~= math.sqrt(-1)) --> true

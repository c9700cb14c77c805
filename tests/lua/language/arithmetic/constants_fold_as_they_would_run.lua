local one, zero, half = 1, 0, 0.5
print(1 // 1 == one // one, 3 % -2 == 3 % -(one + one)) --> true	true
print(0.0 == -0.0, 1 / (0.0) == 1 / (zero + 0.0)) --> true	true
print(1 / -0.0 == -(1 / (zero + 0.0))) --> true
print(2 ^ 0.5 == (one + one) ^ half) --> true
print(5 // 0.0, -5 // 0.0, one // 0.0) --> inf	-inf	inf

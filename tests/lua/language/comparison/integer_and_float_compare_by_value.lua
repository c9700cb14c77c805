print(1 == 1.0, 1 < 1.5, 2 > 1.5, 1 <= 1.0, -1 < -0.5) --> true	true	true	true	true
print(0.0 == -0.0, 0 == -0.0) --> true	true
print(math.maxinteger < math.huge, math.mininteger > -math.huge) --> true	true

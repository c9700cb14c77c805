local max, min = math.maxinteger, math.mininteger
print(max < 2 ^ 63, max <= 2 ^ 63, max == 2 ^ 63, max + 0.0 == 2 ^ 63) --> true	true	false	true
print(min == -2 ^ 63, min <= -2 ^ 63, min < -2 ^ 63, min > -2 ^ 63) --> true	true	false	false
print(max > 2 ^ 63, 2 ^ 63 > max, -2 ^ 63 - 2000 < min) --> false	true	true

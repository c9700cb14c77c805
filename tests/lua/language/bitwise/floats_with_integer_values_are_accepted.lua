print(3.0 & 1, 2.0 | 1, 1 << 3.0, ~0.0, 6.0 ~ 3.0) --> 1	3	8	-1	5
print(math.type(3.0 & 1)) --> integer

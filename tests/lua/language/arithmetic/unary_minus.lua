print(-0.0, 0.0, -(-3), - -3) --> -0.0	0.0	3	3
print(-"2", -"-2.0", -math.huge) --> -2	2.0	-inf
print(1 / -0.0, 1 / 0.0) --> -inf	inf
local zero = 0
print(-zero, 1 / -zero) --> 0	inf

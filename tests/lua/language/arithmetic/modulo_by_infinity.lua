print(5 % math.huge, -5 % math.huge) --> 5.0	inf
print(5 % -math.huge, -5 % -math.huge) --> -inf	-5.0
local nan = math.huge % 2
print(nan ~= nan) --> true
print(0.0 % math.huge) --> 0.0

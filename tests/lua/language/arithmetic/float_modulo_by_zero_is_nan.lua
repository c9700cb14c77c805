local z = 0.0
local r = 5 % z
print(r ~= r) --> true
r = 5.0 % 0
print(r ~= r) --> true

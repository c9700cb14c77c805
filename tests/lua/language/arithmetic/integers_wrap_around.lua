print(math.maxinteger + 1 == math.mininteger) --> true
print(math.mininteger - 1) --> 9223372036854775807
print(math.maxinteger * 2) --> -2
print(-math.mininteger) --> -9223372036854775808
local x = math.maxinteger
x = x + 1
print(x) --> -9223372036854775808

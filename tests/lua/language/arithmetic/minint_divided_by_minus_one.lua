local min, minus = math.mininteger, -1
print(min // minus == min) --> true
print(min % minus) --> 0
print(min // -1 == min, min % -1) --> true	0

-- coarse 10000
print(pcall(table.unpack, {}, 1, 1e7)) --> false	too many results to unpack
print(pcall(table.unpack, {}, math.mininteger, math.maxinteger)) --> false	too many results to unpack
print(select("#", table.unpack({}, 1, 1e5))) --> 100000
print(pcall(string.rep, "x", math.maxinteger)) --> false	resulting string too large
print(pcall(string.rep, "abc", math.maxinteger // 2, ",")) --> false	resulting string too large

local t = table.pack(1, nil, 3)
print(t.n, t[1], t[2], t[3], table.pack().n) --> 3	1	nil	3	0
print(table.unpack({1, 2, 3})) --> 1	2	3
print(table.unpack({1, 2, 3}, 2)) --> 2	3
print(table.unpack({1, 2, 3}, 2, 5)) --> 2	3	nil	nil
print(table.unpack({}, 1, 0)) -->
print(select("#", table.unpack({}, 1, 3))) --> 3
print(table.unpack({[-1] = "m", [0] = "z"}, -1, 1)) --> m	z	nil
print(pcall(table.unpack, {}, 1, 1e8)) --> false	too many results to unpack
print(table.unpack({1, 2}, math.maxinteger, math.maxinteger)) --> nil

local t = {1, 2, [10] = "ten", x = "x", ["y z"] = 3, 3; 4}
print(t[1], t[2], t[3], t[4], t[10], t.x, t["y z"], #t) --> 1	2	3	4	ten	x	3	4
print(#{}, #{nil, nil, 3} >= 0, ({10, 20})[2], ({a = 1}).a) --> 0	true	20	1
local order = {}
local function k(x) order[#order + 1] = x return x end
local u = {[k("a")] = k(1), k(2), [k("b")] = k(3)}
print(table.concat(order, " "), u.a, u[1], u.b) --> a 1 2 b 3	1	2	3

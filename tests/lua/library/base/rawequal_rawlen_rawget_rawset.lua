print(rawequal("a", "a"), rawequal(1, 1.0), rawequal({}, {}), rawequal(0.0, -0.0)) --> true	true	false	true
print(rawlen({1, 2}), rawlen("abc"), pcall(rawlen, 5)) --> 2	3	false	bad argument #1 to 'rawlen' (table or string expected, got number)
print(rawget({5}, 1), pcall(rawget, "x", 1)) --> 5	false	bad argument #1 to 'rawget' (table expected, got string)
local t = {}
print(rawset(t, 1, "a") == t, t[1], pcall(rawset, {})) --> true	a	false	bad argument #2 to 'rawset' (value expected)
print(pcall(rawequal, 1)) --> false	bad argument #2 to 'rawequal' (value expected)

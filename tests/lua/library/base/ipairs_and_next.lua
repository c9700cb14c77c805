print(next({}), next({10}), next({a = 1})) --> nil	1	a	1
print(next({10, 20}, 1), next({10, 20}, 2)) --> 2	nil
print(pcall(next, {}, "missing")) --> false	invalid key to 'next'
print(pcall(next)) --> false	bad argument #1 to 'next' (table expected, got no value)
local f, t, i = ipairs({5})
print(type(f), type(t), i) --> function	table	0
print(f(t, 0)) --> 1	5
print(f(t, 1)) --> nil

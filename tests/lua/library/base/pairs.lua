local f, t, k = pairs({1})
print(f == next, type(t), k) --> true	table	nil
print(pcall(pairs)) --> false	bad argument #1 to 'pairs' (value expected)
print((pcall(pairs, nil)), pcall(next, nil)) --> true	false	bad argument #1 to 'next' (table expected, got nil)
local keys = {}
for k in pairs({a = 1, b = 2, c = 3, 10, 20}) do keys[#keys + 1] = tostring(k) end
table.sort(keys)
print(table.concat(keys, " ")) --> 1 2 a b c

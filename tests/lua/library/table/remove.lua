local t = {"a", "b", "c", "d"}
print(table.remove(t), table.remove(t, 1), table.concat(t, " ")) --> d	a	b c
print(table.remove(t, 3), #t) --> nil	2
print(table.remove({}), table.remove({}, 0), #t) --> nil	nil	2
print(pcall(table.remove, t, 5)) --> false	bad argument #2 to 'table.remove' (position out of bounds)
print(pcall(table.remove, t, -1)) --> false	bad argument #2 to 'table.remove' (position out of bounds)
local u = {[0] = "zero"}
print(table.remove(u, 0), u[0]) --> zero	nil
print(table.remove({n = 1}, 1)) --> nil

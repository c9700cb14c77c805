local t = {}
table.insert(t, "a")
table.insert(t, 1, "b")
table.insert(t, 2, "c")
table.insert(t, #t + 1, "d")
print(table.concat(t, " ")) --> b c a d
print(pcall(table.insert, t, 0, "x")) --> false	bad argument #2 to 'table.insert' (position out of bounds)
print(pcall(table.insert, t, 6, "x")) --> false	bad argument #2 to 'table.insert' (position out of bounds)
print(pcall(table.insert, t)) --> false	wrong number of arguments to 'insert'
print(pcall(table.insert, t, 1, 2, 3)) --> false	wrong number of arguments to 'insert'
print(pcall(table.insert, nil, 1)) --> false	bad argument #1 to 'table.insert' (table expected, got nil)
print(pcall(table.insert, t, "x", 1)) --> false	bad argument #2 to 'table.insert' (number expected, got string)

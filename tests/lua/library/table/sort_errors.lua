print(pcall(table.sort, {1, "x"})) --> false	attempt to compare string with number
print(pcall(table.sort, {3, 2, 1}, 42)) --> false	bad argument #2 to 'table.sort' (function expected, got number)
print(pcall(table.sort, {3, 2, 1}, function() error("in comparator", 0) end)) --> false	in comparator
print(pcall(table.sort)) --> false	bad argument #1 to 'table.sort' (table expected, got no value)
local mixed = {1, 2, {}, 4}
print((pcall(table.sort, mixed))) --> false

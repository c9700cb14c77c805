print(select(2, "a", "b", "c")) --> b	c
print(select(-1, "a", "b", "c")) --> c
print(select(-2, "a", "b", "c")) --> b	c
print(select("#"), select("#", nil, nil)) --> 0	2
print(select(5, "a")) -->
print(pcall(select, 0)) --> false	bad argument #1 to 'select' (index out of range)
print(pcall(select, -2, "a")) --> false	bad argument #1 to 'select' (index out of range)
print(pcall(select, "x")) --> false	bad argument #1 to 'select' (number expected, got string)
print(select("2", "a", "b")) --> b

local function f(...) return select("#", ...), ... end
print(f()) --> 0
print(f(nil)) --> 1	nil
print(f(1, nil, nil)) --> 3	1	nil	nil
print((f(1, 2))) --> 2

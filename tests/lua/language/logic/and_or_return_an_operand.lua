print(1 and 2, nil and 1, false and 1, nil or 1, false or nil, 1 or 2) --> 2	nil	false	1	nil	1
print(nil and nil, false or false, 0 and "zero", "" and "empty") --> nil	false	zero	empty
print(1 and nil or 3, nil or false and 1) --> 3	false

print(math.type(1), math.type(1.0), math.type("1"), math.type(nil), math.type({})) --> integer	float	nil	nil	nil
print(pcall(math.type)) --> false	bad argument #1 to 'math.type' (value expected)

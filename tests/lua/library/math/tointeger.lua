print(math.tointeger(3.0), math.tointeger(3.5), math.tointeger("8"), math.tointeger("x"), math.tointeger({})) --> 3	nil	8	nil	nil
print(math.tointeger(2 ^ 53), math.tointeger(2 ^ 63), math.tointeger(-2 ^ 63), math.tointeger(0 / 0)) --> 9007199254740992	nil	-9223372036854775808	nil
print(pcall(math.tointeger)) --> false	bad argument #1 to 'math.tointeger' (value expected)

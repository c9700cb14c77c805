x = "global"
print(load("return x")()) --> global
print(load("return x", "=n", nil, {x = "own"})()) --> own
print(load("return _ENV", "=n", "t", nil)()) --> nil
print(pcall(load("return x", "=n", "t", nil))) --> false	n:1: attempt to index a nil value (upvalue '_ENV')
local env = {}
load("y = 42", "=n", "t", env)()
print(env.y, y) --> 42	nil

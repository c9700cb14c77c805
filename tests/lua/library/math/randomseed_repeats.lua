math.randomseed(42)
local a, b, c = math.random(1000), math.random(), math.random(1, 9)
math.randomseed(42)
print(a == math.random(1000), b == math.random(), c == math.random(1, 9)) --> true	true	true
math.randomseed(1, 2)
local d = math.random(0)
math.randomseed(1, 2)
print(d == math.random(0)) --> true

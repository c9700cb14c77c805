for i = 1, 50 do
  local x = math.random()
  assert(x >= 0 and x < 1)
  local n = math.random(6)
  assert(n >= 1 and n <= 6 and math.type(n) == "integer")
  local m = math.random(-3, 3)
  assert(m >= -3 and m <= 3)
end
print(math.random(5, 5), math.type(math.random(0))) --> 5	integer
print(math.random(math.mininteger, math.maxinteger) ~= nil) --> true
print(pcall(math.random, 0, -1)) --> false	bad argument #1 to 'math.random' (interval is empty)
print(pcall(math.random, 2, 1)) --> false	bad argument #1 to 'math.random' (interval is empty)
print(pcall(math.random, 1, 2, 3)) --> false	wrong number of arguments
print(pcall(math.random, 1.5)) --> false	bad argument #1 to 'math.random' (number has no integer representation)

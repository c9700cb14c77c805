local function counter()
  local n = 0
  return function() n = n + 1 return n end, function() n = n - 1 return n end, function() return n end
end
local up, down, get = counter()
up() up() down()
print(get()) --> 1
local up2, _, get2 = counter()
up2()
print(get(), get2()) --> 1	1

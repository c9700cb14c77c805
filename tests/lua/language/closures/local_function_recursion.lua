local function fact(n) if n <= 1 then return 1 end return n * fact(n - 1) end
print(fact(10)) --> 3628800
local function even(n)
  local function odd(m) if m == 0 then return false end return even(m - 1) end
  if n == 0 then return true end
  return odd(n - 1)
end
print(even(10), even(7)) --> true	false

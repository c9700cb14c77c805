local function a(x)
  return function(y)
    return function(z)
      x = x + 1
      return x + y + z
    end
  end
end
local f = a(100)(10)
print(f(1), f(1)) --> 112	113

-- differs: no reader may yield across the C function that `load` is there
local load_slowly = coroutine.wrap(function()
  return load(function() return coroutine.yield("more") end)
end)
print(load_slowly()) --> more
print(load_slowly("return ")) --> more
print(load_slowly("42")) --> more
print(load_slowly(nil)()) --> 42

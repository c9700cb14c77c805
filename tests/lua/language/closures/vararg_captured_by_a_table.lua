local function f(...)
  local args = {...}
  return function() return #args, args[1] end
end
print(f("a", "b", "c")()) --> 3	a

local function check(x) if not x then error("bad argument", 2) end end
print(pcall(function() --> false	level_two_blames_the_caller.lua:3: bad argument
  check(false)
end))
local function outer() check(nil) end --! bad argument
outer()

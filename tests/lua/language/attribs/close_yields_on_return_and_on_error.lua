local function closer(name)
  return setmetatable({}, {__close = function(_, e) print(name, e, coroutine.yield(name)) end})
end
local co = coroutine.wrap(function()
  local c <close> = closer("c")
  return "r1", "r2"
end)
print(co()) --> c
print(co("x"))
--> c	nil	x
--> r1	r2
co = coroutine.wrap(function()
  return pcall(function()
    local d <close> = closer("d")
    error("oops", 0)
  end)
end)
print(co()) --> d
print(co("y"))
--> d	oops	y
--> false	oops

local function closer(name)
  return setmetatable({}, {__close = function(_, e) print(name, e) error(name .. " failed", 0) end})
end
print(pcall(function()
--> b	first
--> a	b failed
--> false	a failed
  local a <close> = closer("a")
  local b <close> = closer("b")
  error("first", 0)
end))
print(pcall(function()
--> c	nil
--> false	c failed
  local c <close> = closer("c")
end))

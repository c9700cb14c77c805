local function closer(name) return setmetatable({}, {__close = function() print("close " .. name) return "ignored" end}) end
local function f(...)
  local a <close> = closer("a")
  local b <close> = closer("b")
  return ...
end
print(f(1, nil, 3))
--> close b
--> close a
--> 1	nil	3
print((function() local c <close> = closer("c") return "one", "two" end)())
--> close c
--> one	two

local function closer(name) return setmetatable({}, {__close = function(_, e) print("close " .. name, e) end}) end
do
  local a <close> = closer("a")
  local b <close> = closer("b")
  print("body")
  --> body
  --> close b	nil
  --> close a	nil
end
print("after") --> after

local function closer(name) return setmetatable({}, {__close = function(v, e) print("close " .. name, e) end}) end
print(pcall(function()
--> close b	boom
--> close a	boom
--> false	boom
  local a <close> = closer("a")
  local b <close> = closer("b")
  error("boom", 0)
end))

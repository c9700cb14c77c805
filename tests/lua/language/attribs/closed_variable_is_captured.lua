local function closer(t) return setmetatable(t, {__close = function(o) print("closing", o.name) end}) end
local get
do
  local x <close> = closer({name = "x"})
  get = function() return x.name end --> closing	x
end
print(get()) --> x

local x <const> = {}
local function f()
  x = 1 --! syntax attempt to assign to const variable 'x'
end

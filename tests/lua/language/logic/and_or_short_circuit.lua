local function boom() error("evaluated") end
print(false and boom(), nil and boom(), 1 or boom()) --> false	nil	1
local x = nil
print(x and x.field, x == nil or boom()) --> nil	true

local depth = 0
local function f() local g <close> = setmetatable({}, {__close = function() print("closed") end}) error("e", 0) end
print(xpcall(f, function(e) print("handler") return e end))
--> handler
--> closed
--> false	e

-- coarse
-- differs: the reference writes warnings to standard error
warn("@on")
local done = 0
setmetatable({}, { __gc = function() done = done + 1 end })
setmetatable({}, { __gc = function() error("oops", 0) end })
setmetatable({}, { __gc = function() error({}) end })
setmetatable({}, { __gc = function() error(setmetatable({}, {})) end })
setmetatable({}, { __gc = function() done = done + 1 end })
collectgarbage()
--> Lua warning: error in __gc (error object is not a string)
--> Lua warning: error in __gc (error object is not a string)
--> Lua warning: error in __gc (oops)
print(done) --> 2

-- coarse
local results
setmetatable({}, { __gc = function() results = { collectgarbage(), (collectgarbage("count")) } end })
collectgarbage()
print(#results) --> 0

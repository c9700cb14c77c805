local a, b = {}, {}
setmetatable(a, {__index = b})
setmetatable(b, {__index = a})
print(pcall(function() return a.x end)) --> false	index_loop_is_an_error.lua:4: '__index' chain too long; possible loop
local c = setmetatable({}, {})
getmetatable(c).__newindex = c
c.x = 1 --! '__newindex' chain too long; possible loop

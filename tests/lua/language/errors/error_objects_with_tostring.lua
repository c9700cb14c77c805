local E = setmetatable({}, {__tostring = function() return "custom error" end})
local ok, e = pcall(error, E)
print(ok, tostring(e), e == E) --> false	custom error	true

local function h(e) return e.x.y end
xpcall(error, h)
xpcall(error, h, setmetatable({}, {__index = function() error("again") end}))
local t = setmetatable({}, {__close = function() error("close") end})
pcall(function() local a <close> = t; local b <close> = t; error("body") end)
error(setmetatable({}, {__tostring = function() error("in tostring") end}))

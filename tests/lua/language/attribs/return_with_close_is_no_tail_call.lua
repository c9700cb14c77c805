local log = {}
local function closer() return setmetatable({}, {__close = function() log[#log + 1] = "closed" end}) end
local function g() log[#log + 1] = "called" return "result" end
local function f() local c <close> = closer() return g() end
print(f(), table.concat(log, ",")) --> result	called,closed

pcall(string.rep, "x", math.maxinteger)
pcall(string.rep, "abc", math.maxinteger // 2)
pcall(table.unpack, {}, 1, math.maxinteger)
pcall(table.unpack, {}, math.mininteger, math.maxinteger)
pcall(table.move, {}, 1, math.maxinteger, 1, nil)
pcall(string.format, "%99.99f", 1e308)
pcall(table.concat, setmetatable({}, {__len = function() return math.maxinteger end}))
local t = {}
t[math.maxinteger] = 1
t[math.mininteger] = 2
t[1 << 53] = 3

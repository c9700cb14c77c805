local t = setmetatable({}, {__index = function() return "meta" end, __newindex = function() error("called") end})
rawset(t, "k", "v")
print(rawget(t, "k"), rawget(t, "other"), t.other) --> v	nil	meta

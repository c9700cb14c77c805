local inner = setmetatable({}, {__call = function(self, outer, a) return "inner", outer, a end})
local outer = setmetatable({}, {__call = inner})
local name, who, arg = outer("arg")
print(name, who == outer, arg) --> inner	true	arg
local uncallable = setmetatable({}, {__call = {}})
print(pcall(uncallable)) --> false	attempt to call a table value
uncallable() --! attempt to call a table value (local 'uncallable')

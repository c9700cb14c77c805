local a = setmetatable({}, {__index = function(t, k) return "from a: " .. k end})
local b = setmetatable({}, {__index = a})
print(b.key, b[1], b[true and "yes"]) --> from a: key	from a: 1	from a: yes

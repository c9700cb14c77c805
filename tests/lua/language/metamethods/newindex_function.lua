local store = {}
local t = setmetatable({old = 1}, {__newindex = function(t, k, v) store[k] = v end})
t.old = 2
t.new = 3
print(t.old, rawget(t, "new"), store.new, store.old) --> 2	nil	3	nil
t.old = nil
t.old = 4
print(t.old, store.old) --> nil	4

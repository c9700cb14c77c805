local log = {}
local store = {}
local t = setmetatable({}, {
  __index = function(_, k) return store[k] end,
  __newindex = function(_, k, v) log[#log + 1] = tostring(k) .. "=" .. tostring(v) store[k] = v end,
  __len = function() return #store end,
})
table.insert(t, "a") table.insert(t, "b") table.insert(t, 1, "c")
print(table.concat(log, " ")) --> 1=a 2=b 3=b 2=a 1=c
print(table.remove(t, 1), table.concat(store, " "), rawlen(t)) --> c	a b	0

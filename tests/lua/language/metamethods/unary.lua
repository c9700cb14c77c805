local t = setmetatable({}, {
  __unm = function(a, b) return "unm", rawequal(a, b) end,
  __bnot = function(a, b) return "bnot" end,
  __len = function(a) return "len" end,
})
print(-t, ~t, #t) --> unm	bnot	len
print((function() return -t end)()) --> unm

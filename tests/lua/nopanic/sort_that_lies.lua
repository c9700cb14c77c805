-- coarse
for seed = 1, 20 do
  local t = {}
  for i = 1, 60 do t[i] = (i * seed) % 13 end
  local n = 0
  pcall(table.sort, t, function(a, b) n = n + 1 return n % 3 == 0 end)
  pcall(table.sort, t, function(a, b) t[n % 60 + 1] = nil n = n + 1 return a < b end)
  pcall(table.sort, t, function() return true end)
end

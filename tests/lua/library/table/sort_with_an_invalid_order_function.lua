local t = {}
for i = 1, 100 do t[i] = i % 7 end
print(pcall(table.sort, t, function() return true end)) --> false	invalid order function for sorting

local function range(n)
  return function(limit, i) if i < limit then return i + 1, (i + 1) ^ 2 end end, n, 0
end
for i, square in range(3) do print(i, square) end
--> 1	1.0
--> 2	4.0
--> 3	9.0
local function words() local list, i = {"x", "y"}, 0 return function() i = i + 1 return list[i] end end
for w in words() do print(w) end
--> x
--> y

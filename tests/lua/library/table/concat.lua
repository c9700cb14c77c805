print(table.concat({}), table.concat({1, 2, 3}), table.concat({1, 2, 3}, ", "), table.concat({"a", 1.5}, "-")) --> 	123	1, 2, 3	a-1.5
print(table.concat({1, 2, 3, 4}, "", 2, 3), table.concat({1, 2}, ",", 3), table.concat({1, 2, 3}, ",", 2)) --> 23		2,3
print(pcall(table.concat, {1, {}, 3})) --> false	invalid value (table) at index 2 in table for 'concat'
print(pcall(table.concat, {1, 2}, ",", 1, 3)) --> false	invalid value (nil) at index 3 in table for 'concat'
print(pcall(table.concat, {true})) --> false	invalid value (boolean) at index 1 in table for 'concat'
print(pcall(table.concat, 1)) --> false	bad argument #1 to 'table.concat' (table expected, got number)
print(table.concat(setmetatable({}, {__index = function(_, i) return "v" .. i end, __len = function() return 3 end}), " ")) --> v1 v2 v3

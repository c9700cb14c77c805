for i, v in ipairs({"a", "b", nil, "d"}) do print(i, v) end
--> 1	a
--> 2	b
for k, v in pairs({10, 20, 30}) do print(k, v) end
--> 1	10
--> 2	20
--> 3	30
for k, v in next, {"only"} do print(k, v) end --> 1	only

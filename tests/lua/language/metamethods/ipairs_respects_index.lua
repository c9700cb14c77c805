local t = setmetatable({"a"}, {__index = function(_, i) if i <= 3 then return "virtual " .. i end end})
for i, v in ipairs(t) do print(i, v) end
--> 1	a
--> 2	virtual 2
--> 3	virtual 3

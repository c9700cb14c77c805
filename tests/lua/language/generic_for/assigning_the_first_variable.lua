for i, v in ipairs({"a", "b", "c"}) do local j = i; i = nil; print(j, i, v) end
--> 1	nil	a
--> 2	nil	b
--> 3	nil	c

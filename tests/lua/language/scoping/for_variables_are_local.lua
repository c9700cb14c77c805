local i = "outer"
for i = 1, 2 do local i = i * 10; print(i) end
--> 10
--> 20
for i, v in ipairs({"a"}) do print(i, v) end --> 1	a
print(i) --> outer

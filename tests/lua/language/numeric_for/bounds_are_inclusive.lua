for i = 1, 3 do print(i) end
--> 1
--> 2
--> 3
for i = 3, 1 do print("never") end
for i = 3, 1, -1 do print(i) end
--> 3
--> 2
--> 1
for i = 1, 10, 4 do print(i) end
--> 1
--> 5
--> 9
for i = 1, 1 do print("once") end --> once

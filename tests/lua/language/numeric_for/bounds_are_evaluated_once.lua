local function v(name, x) print(name) return x end
for i = v("start", 1), v("limit", 2), v("step", 1) do print(i) end
--> start
--> limit
--> step
--> 1
--> 2

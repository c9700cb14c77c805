local function v(name, x) print(name) return x end
print(v("a", 1) + v("b", 2) * v("c", 3))
--> a
--> b
--> c
--> 7

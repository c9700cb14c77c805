local function say(x) print("arg", x) return x end
local function f(...) return select("#", ...) end
print(f(say(1), say(2), say(3)))
--> arg	1
--> arg	2
--> arg	3
--> 3

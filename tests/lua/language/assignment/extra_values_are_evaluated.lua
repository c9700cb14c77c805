local function say(s) print(s) return s end
local a = say("a"), say("b")
--> a
--> b
print(a) --> a
local b, c
b, c = say("c") --> c
print(b, c) --> c	nil

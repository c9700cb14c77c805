local s = "hello"
print(s:sub(1), s:sub(2, 3), s:sub(-3), s:sub(-3, -2), s:sub(0), s:sub(2, 100)) --> hello	el	llo	ll	hello	ello
print(s:sub(3, 2) == "", s:sub(10) == "", s:sub(-100, 2), s:sub(math.mininteger, math.maxinteger)) --> true	true	he	hello
print(s:sub("2", 3.0), pcall(string.sub, s)) --> el	false	bad argument #2 to 'string.sub' (number expected, got no value)
print(s:sub(1, 0) == "", s:sub(5, 5), s:sub(6) == "") --> true	o	true

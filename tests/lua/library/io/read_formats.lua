local file <close> = io.tmpfile()
file:write("a line\nanother line\n1234\n3.45\none\n")
file:seek("set")
print(file:read(7, "l", "*n", "n", 1, "*l", "l", "l")) --> a line
--> 	another line	1234	3.45	
--> 	one	nil
file:seek("set")
print(file:read("l", "n", "n", "l")) --> a line	nil
file:seek("set")
print(file:read("lalala"), (file:read("all")):sub(-4, -2), file:read("a")) --> a line	one	
print(file:read(0), file:read(1), file:read("L")) --> nil	nil	nil
file:read("x") --! bad argument #1 to 'read' (invalid format)

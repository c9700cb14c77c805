local file <close> = io.tmpfile()
file:write("one two three")
print(file:seek("set", 4)) --> 4
print(file:read(3)) --> two
print(file:seek()) --> 7
file:write("+")
print(file:read("a")) --> three
print(file:seek("cur", -9)) --> 4
print(file:seek("end")) --> 13
print(file:seek("set")) --> 0
print(file:read("a")) --> one two+three

local name = os.tmpname()
io.open(name, "w"):write("one"):close()
local file = io.open(name, "a")
print(file:seek()) --> 3
file:seek("set")
file:write(" two"):close()
local file <close> = io.open(name, "a+")
file:write(" three")
file:seek("set", 4)
print(file:read("a")) --> two three
os.remove(name)

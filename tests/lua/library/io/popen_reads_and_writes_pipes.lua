local pipe = io.popen("echo out; exit 3")
print(pipe:read("l", "a")) --> out	
print(pipe:close()) --> nil	exit	3
local name = os.tmpname()
local pipe = io.popen("cat > " .. name, "w")
pipe:write("to the ", "cat")
print(pipe:close()) --> true	exit	0
print(io.open(name):read("a")) --> to the cat
os.remove(name)
print(io.popen("kill -s KILL $$"):close()) --> nil	signal	9
io.popen("true", "rw") --! bad argument #2 to 'popen' (invalid mode)

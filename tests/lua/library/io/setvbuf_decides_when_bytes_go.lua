local name = os.tmpname()
local function open(mode, size)
    local writer = io.open(name, "w")
    print(writer:setvbuf(mode, size))
    return writer, io.open(name)
end
local writer, reader = open("full", 2000) --> true
writer:write("x\n")
print(reader:read("a") == "") --> true
writer:close()
print(reader:read("a") == "x\n") --> true
writer, reader = open("line") --> true
writer:write("half")
print(reader:read("a") == "") --> true
writer:write(" line\n")
print(reader:read("a") == "half line\n") --> true
writer, reader = open("no") --> true
writer:write("y")
print(reader:read("a")) --> y
os.remove(name)
io.stdout:setvbuf("some") --! bad argument #1 to 'setvbuf' (invalid option 'some')

local name = os.tmpname()
local standard = io.output()
print(standard == io.stdout, io.input() == io.stdin) --> true	true
local file = io.output(name)
print(io.type(file), file == io.output()) --> file	true
io.write("written ", 1, " ", 2.5)
print(io.close()) --> true
print(pcall(io.write, "x")) --> false	default output file is closed
print(pcall(io.close)) --> false	attempt to use a closed file
io.output(io.stdout)
io.input(name)
print(io.read("a")) --> written 1 2.5
io.close(io.input())
print(pcall(io.read)) --> false	default input file is closed
print(pcall(io.lines)) --> false	attempt to use a closed file
os.remove(name)

local name = os.tmpname()
io.open(name, "w"):write("one\ntwo"):close()
local step, state, control, file = io.lines(name)
print(state, control, io.type(file)) --> nil	nil	file
print(step(), step()) --> one	two
print(io.type(file)) --> file
print(step()) -->
print(io.type(file)) --> closed file
print(pcall(step)) --> false	file is already closed
for line in io.lines(name) do
    print(line) --> one
    break
end
os.remove(name)

local name = os.tmpname()
local other = name .. "x"
io.open(name, "w"):write("moved"):close()
print(os.rename(name, other)) --> true
print(os.rename(name, other)) --> nil	No such file or directory	2
print(io.open(other):read("a")) --> moved
print(os.remove(other)) --> true
local done, message, code = os.remove(other)
print(done, message == other .. ": No such file or directory", code) --> nil	true	2

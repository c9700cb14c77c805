local name = os.tmpname()
os.remove(name)
local file, message, code = io.open(name .. "/x")
print(file, message == name .. "/x: No such file or directory", code) --> nil	true	2
local ok, message = pcall(io.lines, name)
print(ok, message == "cannot open file '" .. name .. "' (No such file or directory)") --> false	true
local ok, message = pcall(io.input, name)
print(ok, message == "cannot open file '" .. name .. "' (No such file or directory)") --> false	true
local file = io.open(name, "w")
print(file:read()) --> nil	Bad file descriptor	9
print(pcall(file:lines())) --> false	Bad file descriptor
file:close()
local file = io.open(name, "r")
print(file:write("x")) --> nil	Bad file descriptor	9
print(file:seek("set", -1)) --> nil	Invalid argument	22
file:close()
os.remove(name)

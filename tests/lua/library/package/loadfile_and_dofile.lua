local name = os.tmpname()
local function write(text)
  local file = io.open(name, "w")
  file:write(text)
  file:close()
end
write("#!/usr/bin/env lua\nreturn x, ...")
x = "global"
print(loadfile(name)(1)) --> global	1
print(loadfile(name, "t", {x = "own"})(1)) --> own	1
print(loadfile(name, nil, {})()) --> nil
print(dofile(name)) --> global
print(loadfile(name, "b")) --> nil	attempt to load a text chunk (mode is 'b')
write("\xEF\xBB\xBF# a byte order mark before it\nreturn 1, 2")
print(dofile(name)) --> 1	2
write("\n\nx =")
local _, message = loadfile(name)
print(message == name .. ":3: unexpected symbol near <eof>") --> true
print(select(2, pcall(dofile, name)) == message) --> true
write("error('in the file', 0)")
print(pcall(dofile, name)) --> false	in the file
os.remove(name)
local _, message = loadfile(name)
print(message == "cannot open " .. name .. ": No such file or directory") --> true
print(select(2, pcall(dofile, name)) == message) --> true
print(loadfile("/")) --> nil	cannot read /: Is a directory

-- coarse
local file <close> = io.tmpfile()
local part = string.rep("x", 1000) .. "\0"
local long = string.rep(part, 300)
file:write(long, "\n", long):flush()
file:seek("set")
local first, second = file:read("l", "L")
print(#first, first == long, second == long) --> 300300	true	true
file:seek("set")
print(#file:read(150000), #file:read("a")) --> 150000	450601

local file <close> = io.tmpfile()
file:write("1234", string.rep("0", 1000), "\n")
file:seek("set")
print(file:read("n")) --> nil
print(#file:read("L")) --> 805

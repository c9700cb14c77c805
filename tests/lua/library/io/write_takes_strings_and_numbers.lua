local file <close> = io.tmpfile()
print(file:write("a", 1, 2.5) == file) --> true
file:seek("set")
print(file:read("a")) --> a12.5
file:write("ok", {}) --! bad argument #2 to 'write' (string expected, got table)

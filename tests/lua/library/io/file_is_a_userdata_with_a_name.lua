print(type(io.stdin), getmetatable(io.stdin).__name) --> userdata	FILE*
print(string.sub(tostring(io.stdin), 1, 8)) --> file (0x
io.close(8) --! bad argument #1 to 'close' (FILE* expected, got number)

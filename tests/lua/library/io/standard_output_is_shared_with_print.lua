io.write("a", 1, "\n") --> a1
print("b") --> b
io.stdout:write("c"):write("d\n") --> cd
io.output():write("e") --> ef
print("f")
io.stdout:setvbuf("full")
io.write("g\n") --> g
io.flush()

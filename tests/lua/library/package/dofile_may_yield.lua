local name = os.tmpname()
local file = io.open(name, "w")
file:write("return coroutine.yield('from the file')")
file:close()
local run = coroutine.wrap(dofile)
print(run(name)) --> from the file
print(run("back")) --> back
os.remove(name)

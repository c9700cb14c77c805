for _, mode in ipairs { "rw", "rb+", "r+bk", "", "+", "b", "x", "wx" } do
    print(pcall(io.open, "/dev/null", mode))
    --> false	bad argument #2 to 'io.open' (invalid mode)
    --> false	bad argument #2 to 'io.open' (invalid mode)
    --> false	bad argument #2 to 'io.open' (invalid mode)
    --> false	bad argument #2 to 'io.open' (invalid mode)
    --> false	bad argument #2 to 'io.open' (invalid mode)
    --> false	bad argument #2 to 'io.open' (invalid mode)
    --> false	bad argument #2 to 'io.open' (invalid mode)
    --> false	bad argument #2 to 'io.open' (invalid mode)
end
local name = os.tmpname()
for _, mode in ipairs { "r", "rb", "r+", "r+b", "w", "w+bb", "a", "a+" } do
    assert(io.open(name, mode)):close()
end
os.remove(name)

local t = setmetatable({ 1, 2, x = 3 }, { __mode = "k" })
collectgarbage()
print(pcall(next, t, "y")) --> false	invalid key to 'next'
print(next(t, "x")) --> nil

local print = print
local function f(_ENV) x = x * 2 return x, y end
print(f({x = 21, y = "why"})) --> 42	why
local function sandbox() local _ENV <const> = {v = 1}; return v end
print(sandbox()) --> 1

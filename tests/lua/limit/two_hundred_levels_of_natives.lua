-- coarse 10000
local depth = 0
local function nest() depth = depth + 1; return pcall(nest) end
nest()
print(depth) --> 198
depth = 0
local function sorted() depth = depth + 1; table.sort({1, 2, 3}, sorted) end
print(pcall(sorted)) --> false	C stack overflow
print(depth) --> 197
depth = 0
local function resumed()
    depth = depth + 1
    local ok, message = coroutine.resume(coroutine.create(resumed))
    if not ok then error(message, 0) end
end
print(pcall(resumed)) --> false	C stack overflow
print(depth) --> 197

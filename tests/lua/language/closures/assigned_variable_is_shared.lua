local x = 0
local function inc() x = x + 1 return x end
local function get() return x end
inc() inc()
print(get(), x) --> 2	2
x = 10
print(get(), inc(), x) --> 10	11	11

local f = coroutine.wrap(function(...) local n = select("#", ...) while true do n = n + select("#", coroutine.yield(n)) end end)
print(f(1, 2, 3), f(), f(nil, nil)) --> 3	3	5
print(type(f)) --> function
local once = coroutine.wrap(function() return "a", "b" end)
print(once()) --> a	b
print(pcall(once)) --> false	cannot resume dead coroutine

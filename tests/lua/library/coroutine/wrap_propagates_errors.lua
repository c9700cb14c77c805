local f = coroutine.wrap(function() error("inside") end)
print(pcall(f)) --> false	wrap_propagates_errors.lua:1: inside
print(pcall(f)) --> false	cannot resume dead coroutine
local g = coroutine.wrap(function() error({code = 3}) end)
print(select(2, pcall(g)).code) --> 3
local h = coroutine.wrap(function() local x; x.y = 1 end)
print(pcall(h)) --> false	wrap_propagates_errors.lua:6: attempt to index a nil value (local 'x')
print(pcall(coroutine.wrap(function() error("no position", 0) end))) --> false	no position

local co = coroutine.create(function() local t = nil; return t.x end)
print(coroutine.resume(co)) --> false	error_in_a_coroutine.lua:1: attempt to index a nil value (local 't')
print(coroutine.status(co)) --> dead
co = coroutine.create(function() coroutine.yield() error({1}) end)
print(coroutine.resume(co)) --> true
local ok, e = coroutine.resume(co)
print(ok, type(e), e[1]) --> false	table	1

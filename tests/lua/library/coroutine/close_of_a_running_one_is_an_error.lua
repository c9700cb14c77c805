print(pcall(coroutine.close, coroutine.running())) --> false	cannot close a running coroutine
local co
co = coroutine.create(function() return pcall(coroutine.close, co) end)
print(coroutine.resume(co)) --> true	false	cannot close a running coroutine
print(pcall(coroutine.close)) --> false	bad argument #1 to 'coroutine.close' (thread expected, got no value)

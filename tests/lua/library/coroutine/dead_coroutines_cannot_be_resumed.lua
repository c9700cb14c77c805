local co = coroutine.create(function() return 1 end)
print(coroutine.resume(co)) --> true	1
print(coroutine.resume(co)) --> false	cannot resume dead coroutine
print(coroutine.resume(co)) --> false	cannot resume dead coroutine
local failed = coroutine.create(error)
print(coroutine.resume(failed, "msg")) --> false	msg
print(coroutine.resume(failed)) --> false	cannot resume dead coroutine

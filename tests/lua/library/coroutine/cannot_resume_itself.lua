local co
co = coroutine.create(function() return coroutine.resume(co) end)
print(coroutine.resume(co)) --> true	false	cannot resume non-suspended coroutine
print(coroutine.resume(coroutine.running())) --> false	cannot resume non-suspended coroutine

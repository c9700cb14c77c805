local co = coroutine.wrap(function(...) return coroutine.yield(...) end)
print(co(1, 2)) --> 1	2
print(co(3, 4)) --> 3	4
print(coroutine.resume(coroutine.create(coroutine.yield), "native body")) --> true	native body

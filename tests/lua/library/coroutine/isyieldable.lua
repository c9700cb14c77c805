print(coroutine.isyieldable()) --> false
local co = coroutine.create(function() print(coroutine.isyieldable()) end)
print(coroutine.isyieldable(co)) --> true
coroutine.resume(co) --> true

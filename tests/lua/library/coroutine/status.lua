local co
co = coroutine.create(function()
  print(coroutine.status(co))
  local inner = coroutine.create(function() print(coroutine.status(co)) end)
  coroutine.resume(inner)
  coroutine.yield()
end)
print(coroutine.status(co)) --> suspended
coroutine.resume(co)
--> running
--> normal
print(coroutine.status(co)) --> suspended
coroutine.resume(co)
print(coroutine.status(co)) --> dead
print(pcall(coroutine.status, 1)) --> false	bad argument #1 to 'coroutine.status' (thread expected, got number)

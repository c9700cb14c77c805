local co = coroutine.create(function()
  local a <close> = setmetatable({}, {__close = function(_, e) print("a sees", e) end})
  local b <close> = setmetatable({}, {__close = function() error("in close", 0) end})
  coroutine.yield()
end)
coroutine.resume(co)
print(coroutine.close(co))
--> a sees	in close
--> false	in close
print(coroutine.status(co)) --> dead
print(coroutine.close(co)) --> true
local failed = coroutine.create(error)
coroutine.resume(failed, "why")
print(coroutine.close(failed)) --> false	why
print(coroutine.close(failed)) --> true

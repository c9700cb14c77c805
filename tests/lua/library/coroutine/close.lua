local function closer(name) return setmetatable({}, {__close = function(_, e) print("close " .. name, e) end}) end
local co = coroutine.create(function()
  local a <close> = closer("a")
  local b <close> = closer("b")
  coroutine.yield(1)
  print("never")
end)
print(coroutine.resume(co)) --> true	1
print(coroutine.close(co))
--> close b	nil
--> close a	nil
--> true
print(coroutine.status(co), coroutine.resume(co)) --> dead	false	cannot resume dead coroutine
print(coroutine.close(co), coroutine.close(coroutine.create(print))) --> true	true

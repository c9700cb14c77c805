local co
co = coroutine.create(function()
  pcall(coroutine.resume, co)
  pcall(coroutine.close, co)
  local t = setmetatable({}, {__index = function() return coroutine.yield() end, __close = function() coroutine.yield() coroutine.resume(co) end})
  local c <close> = t
  return t.x
end)
coroutine.resume(co)
coroutine.resume(co)
coroutine.close(co)
coroutine.resume(co)

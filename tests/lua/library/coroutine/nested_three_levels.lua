local function level(n)
  return coroutine.wrap(function()
    if n > 0 then
      local inner = level(n - 1)
      for i = 1, 2 do coroutine.yield(n .. ":" .. tostring(inner())) end
    else
      coroutine.yield("leaf1") coroutine.yield("leaf2")
    end
  end)
end
local top = level(2)
print(top()) --> 2:1:leaf1
print(top()) --> 2:1:leaf2
print(top()) -->

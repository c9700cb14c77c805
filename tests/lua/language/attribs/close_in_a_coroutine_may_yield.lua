local function closer(name)
  return setmetatable({}, {__close = function() print("enter " .. name, coroutine.yield(name)) end})
end
local co = coroutine.wrap(function()
  do
    local a <close> = closer("a")
    local b <close> = closer("b")
  end
  return "end"
end)
print(co()) --> b
print(co(1))
--> enter b	1
--> a
print(co(2))
--> enter a	2
--> end

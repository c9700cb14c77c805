local function producer() return coroutine.create(function() for i = 1, 3 do coroutine.yield("item " .. i) end end) end
local function filter(p) return coroutine.create(function()
  while true do
    local _, x = coroutine.resume(p)
    if not x then return end
    coroutine.yield(x:upper())
  end
end) end
local f = filter(producer())
while true do
  local ok, x = coroutine.resume(f)
  if not x then break end
  print(x)
  --> ITEM 1
  --> ITEM 2
  --> ITEM 3
end

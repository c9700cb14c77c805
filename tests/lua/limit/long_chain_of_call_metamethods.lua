local depth = 1000
local function count()
  if depth == 0 then return "done" end
  depth = depth - 1
  return count()
end
local called = count
for _ = 1, 150 do called = setmetatable({}, {__call = called}) end
print(called()) --> done
print(coroutine.wrap(function() return called() end)()) --> done

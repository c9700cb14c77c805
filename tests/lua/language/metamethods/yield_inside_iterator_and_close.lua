local mt = {__call = function(_, _, i) i = (i or 0) + 1 return coroutine.yield("it" .. i) and i or nil end,
  __close = function() coroutine.yield("closing") end}
local co = coroutine.wrap(function()
  local sum = 0
  local it = setmetatable({}, mt)
  for i in it, nil, nil, it do sum = sum + i end
  return sum
end)
print(co(), co(true), co(true), co(false)) --> it1	it2	it3	closing
print(co()) --> 3

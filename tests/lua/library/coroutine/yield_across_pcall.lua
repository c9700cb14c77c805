local co = coroutine.wrap(function()
  local r = {pcall(function(a)
    local b = coroutine.yield(a + 1)
    local c = coroutine.yield(b + 1)
    error("after " .. c, 0)
  end, 1)}
  coroutine.yield(table.unpack(r, 1, 2))
  return pcall(coroutine.yield, "direct")
end)
print(co()) --> 2
print(co(10)) --> 11
print(co(20)) --> false	after 20
print(co()) --> direct
print(co("back", "again")) --> true	back	again

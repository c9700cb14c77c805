local co = coroutine.wrap(function()
  return xpcall(function()
    local x = coroutine.yield("in body")
    error(x, 0)
  end, function(e) return "handled " .. e end)
end)
print(co()) --> in body
print(co("boom")) --> false	handled boom

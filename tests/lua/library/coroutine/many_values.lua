local function values(n) local t = {} for i = 1, n do t[i] = i end return table.unpack(t) end
local co = coroutine.wrap(function(...)
  local n = select("#", ...)
  n = n + select("#", coroutine.yield(values(100)))
  return n, values(50)
end)
print(select("#", co(values(80)))) --> 100
print(select("#", co(values(30)))) --> 51
print(pcall(co)) --> false	cannot resume dead coroutine

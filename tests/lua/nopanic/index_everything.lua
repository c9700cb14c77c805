local values = {nil, true, 1, 1.5, "s", {}, print, coroutine.create(print)}
for i = 1, 8 do
  for j = 1, 8 do
    local a, b = values[i], values[j]
    pcall(function() return a[b] end)
    pcall(function() a[b] = b end)
    pcall(function() return a + b end)
    pcall(function() return a .. b end)
    pcall(function() return a < b end)
    pcall(function() return a == b end)
    pcall(function() return a(b) end)
    pcall(function() for x in a, b do break end end)
    pcall(function() for x = a, b do break end end)
    pcall(function() return a & b, a << b, ~a, -a, #a end)
  end
end

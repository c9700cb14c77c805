local t = {}
for i = 1, 100 do t[i] = i t["k" .. i] = i end
local n = 0
pcall(function()
  for k in pairs(t) do
    n = n + 1
    t[tostring(k) .. "new"] = n
    t[k] = nil
    if n > 300 then break end
  end
end)
pcall(next, t, {})
pcall(next, t, 0 / 0)

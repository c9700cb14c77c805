-- differs: PUC-Rio cannot yield across its C implementation of table.sort
local co = coroutine.wrap(function()
  local t = {3, 1, 2}
  table.sort(t, function(a, b) coroutine.yield("compare") return a < b end)
  return table.concat(t, ",")
end)
local r, n = co(), 0
while r == "compare" do n = n + 1 r = co() end
print(r, n >= 2) --> 1,2,3	true

print(pcall(function()
--> false	inner
--> false	outer
  local ok, e = pcall(error, "inner", 0)
  print(ok, e)
  error("outer", 0)
end))
local function rethrow(f) local ok, e = pcall(f) if not ok then error("re: " .. e, 0) end end
print(pcall(rethrow, function() rethrow(function() error("deep", 0) end) end)) --> false	re: re: deep

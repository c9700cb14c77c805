local mt = {__concat = function(a, b)
  local x = coroutine.yield("c")
  return (type(a) == "table" and "T" or a) .. x .. (type(b) == "table" and "T" or b)
end}
local t = setmetatable({}, mt)
local co = coroutine.wrap(function() return "a" .. t .. "b" .. t .. "c" end)
print(co()) --> c
print(co("1")) --> c
print(co("2")) --> aT2bT1c

local mt = {__concat = function(a, b)
  local l = type(a) == "table" and a.n or a
  local r = type(b) == "table" and b.n or b
  return setmetatable({n = "(" .. l .. r .. ")"}, getmetatable(type(a) == "table" and a or b))
end}
local x = setmetatable({n = "x"}, mt)
print(("a" .. x .. "b" .. x).n) --> (a(x(bx)))

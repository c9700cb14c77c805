local function y(...) return coroutine.yield(...) end
local mt = {
  __add = function() return y("add") end, __sub = function() return y("sub") end, __mul = function() return y("mul") end,
  __div = function() return y("div") end, __mod = function() return y("mod") end, __pow = function() return y("pow") end,
  __idiv = function() return y("idiv") end, __unm = function() return y("unm") end, __band = function() return y("band") end,
  __bor = function() return y("bor") end, __bxor = function() return y("bxor") end, __shl = function() return y("shl") end,
  __shr = function() return y("shr") end, __bnot = function() return y("bnot") end, __concat = function() return y("concat") end,
  __len = function() return y("len") end, __eq = function() return y("eq") end, __lt = function() return y("lt") end,
  __le = function() return y("le") end, __index = function() return y("index") end,
  __newindex = function() y("newindex") end, __call = function(_, a) return y("call", a) end,
}
local t, u = setmetatable({}, mt), setmetatable({}, mt)
local co = coroutine.wrap(function()
  local r = {t + 1, t - 1, t * 1, t / 1, t % 1, t ^ 1, t // 1, -t, t & 1, t | 1, t ~ 1, t << 1, t >> 1, ~t, t .. 1, #t}
  r[#r + 1] = tostring(t == u)
  r[#r + 1] = tostring(t ~= u)
  r[#r + 1] = tostring(t < u)
  r[#r + 1] = tostring(t >= u)
  r[#r + 1] = t.x
  t.y = 1
  r[#r + 1] = t("arg")
  if t == u then r[#r + 1] = "equal" end
  if not (t < u) then r[#r + 1] = "not less" end
  return table.concat(r, " ")
end)
local n, seen = 0, {}
local r = co()
while r and #r < 12 do
  n = n + 1
  seen[#seen + 1] = r
  r = co(n)
end
print(table.concat(seen, " ")) --> add sub mul div mod pow idiv unm band bor bxor shl shr bnot concat len eq eq lt le index newindex call eq lt
print(r) --> 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 true false true true 21 23 equal

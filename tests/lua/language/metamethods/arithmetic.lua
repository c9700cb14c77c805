local log = {}
local mt = {}
for _, op in ipairs({"add", "sub", "mul", "div", "mod", "pow", "idiv", "band", "bor", "bxor", "shl", "shr", "concat"}) do
  mt["__" .. op] = function(a, b) return op .. "(" .. (type(a) == "table" and "t" or a) .. "," .. (type(b) == "table" and "t" or b) .. ")" end
end
local t = setmetatable({}, mt)
print(t + 1, 1 + t, t - 2, t * t, t / 3, t % 4, t ^ 5, t // 6) --> add(t,1)	add(1,t)	sub(t,2)	mul(t,t)	div(t,3)	mod(t,4)	pow(t,5)	idiv(t,6)
print(t & 1, 1 | t, t ~ 2, t << 3, 4 >> t, t .. "x", "x" .. t, 1 .. t) --> band(t,1)	bor(1,t)	bxor(t,2)	shl(t,3)	shr(4,t)	concat(t,x)	concat(x,t)	concat(1,t)
print(1.5 & t, "a" | t, "7" + t) --> band(1.5,t)	bor(a,t)	add(7,t)

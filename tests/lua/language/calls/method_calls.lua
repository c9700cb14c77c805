local obj = {n = 1}
function obj:add(m) self.n = self.n + m return self end
function obj.plain(a) return a end
print(obj:add(2):add(3).n, obj.plain("x"), obj.add(obj, 1).n) --> 6	x	7
print(("abc"):upper(), ("x"):rep(3), #("abc"):sub(2)) --> ABC	xxx	2
local t = {a = {b = {}}}
function t.a.b.f(x) return x end
function t.a.b:m(x) return self == t.a.b, x end
print(t.a.b.f(1), t.a.b:m(2)) --> 1	true	2

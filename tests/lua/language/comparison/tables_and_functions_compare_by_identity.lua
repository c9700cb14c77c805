local t, f = {}, function() end
print(t == t, t == {}, f == f, f == print) --> true	false	true	false
local u = t
print(u == t, rawequal(u, t)) --> true	true

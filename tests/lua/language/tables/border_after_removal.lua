local t = {1, 2, 3, 4, 5}
t[5] = nil t[4] = nil
print(#t) --> 3
t[#t + 1] = "a"
t[#t + 1] = "b"
print(#t, t[4], t[5]) --> 5	a	b
for i = #t, 1, -1 do t[i] = nil end
print(#t, next(t)) --> 0	nil

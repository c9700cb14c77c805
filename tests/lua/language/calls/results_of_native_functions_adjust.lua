local a, b, c = math.modf(3.5)
print(a, b, c) --> 3	0.5	nil
print((math.modf(3.5))) --> 3
local t = {math.modf(-2.5), math.modf(1.5)}
print(#t, t[1], t[2], t[3]) --> 3	-2	1	0.5

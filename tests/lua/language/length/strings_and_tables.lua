print(#"", #"abc", #"a\0b", #"\u{20AC}") --> 0	3	3	3
print(#{}, #{1, 2, 3}, #{n = 1}, #{nil}, #{1, nil}) --> 0	3	0	0	1
local t = {}
for i = 1, 100 do t[i] = i end
print(#t) --> 100
t[100] = nil
print(#t) --> 99
t[#t + 1] = "x"
print(#t, t[100]) --> 100	x

local a, b, c = "a", "b", "c"
print(a .. b .. c .. 1 .. 2 .. "d" .. a .. b .. c .. 3.5) --> abc12dabc3.5
local s = ""
for i = 1, 20 do s = s .. i .. "," end
print(s) --> 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,
print(#(a .. ("x"):rep(1000) .. b)) --> 1002

local function yes() return true, false end
if yes() and not (1 > 2) then print("then") else print("else") end --> then
local a, b = 1, 2
local c = a < b and "less" or "more"
print(c, (a < b) == true, not (a < b), a < b ~= (b < a)) --> less	true	false	true
local d = a > b or b
print(d) --> 2
while not (a == 3) do a = a + 1 end
print(a) --> 3

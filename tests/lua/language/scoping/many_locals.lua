local a1, a2, a3, a4, a5, a6, a7, a8, a9, a10 = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
local b1, b2, b3, b4, b5, b6, b7, b8, b9, b10 = a10, a9, a8, a7, a6, a5, a4, a3, a2, a1
local c1, c2, c3 = b1 + a1, b2 + a2, b3 + a3
print(c1, c2, c3, b10, a10) --> 11	11	11	1	10
do
  local d1, d2, d3, d4, d5, d6, d7, d8 = 1
  print(d1, d2, d8) --> 1	nil	nil
end

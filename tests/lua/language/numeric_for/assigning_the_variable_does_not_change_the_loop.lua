for i = 1, 3 do
  local before = i
  i = i * 10
  print(before, i)
  --> 1	10
  --> 2	20
  --> 3	30
end

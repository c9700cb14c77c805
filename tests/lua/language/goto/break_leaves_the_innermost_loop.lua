for i = 1, 2 do
  while true do
    if i == 1 then break end
    repeat break until false
    break
  end
  print(i)
  --> 1
  --> 2
end

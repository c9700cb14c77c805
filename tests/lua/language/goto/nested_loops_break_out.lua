for i = 1, 3 do
  for j = 1, 3 do
    if i * j == 4 then goto done end
    print(i, j)
    --> 1	1
    --> 1	2
    --> 1	3
    --> 2	1
  end
end
::done::
print("done") --> done

local co = coroutine.wrap(function()
  for i in function(_, i) i = (i or 0) + 1 coroutine.yield("next " .. i) if i < 3 then return i end end do
    coroutine.yield("body " .. i)
  end
  return "end"
end)
for i = 1, 6 do print(co()) end
--> next 1
--> body 1
--> next 2
--> body 2
--> next 3
--> end

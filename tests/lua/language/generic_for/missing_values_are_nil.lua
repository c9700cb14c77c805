for a, b, c in function(_, i) if not i then return 1 end end do print(a, b, c) end --> 1	nil	nil

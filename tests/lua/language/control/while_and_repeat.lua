local n = 3
while n > 0 do n = n - 1 end
print(n) --> 0
repeat n = n + 1 until n == 5
print(n) --> 5
while false do print("never") end
repeat print("once") until true --> once

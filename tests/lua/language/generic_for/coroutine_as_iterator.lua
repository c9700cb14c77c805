local function gen(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i, i * i) end end) end
for i, s in gen(3) do print(i, s) end
--> 1	1
--> 2	4
--> 3	9

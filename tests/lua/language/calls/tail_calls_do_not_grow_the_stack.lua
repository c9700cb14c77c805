-- coarse 1000
local function loop(n) if n == 0 then return "done" end return loop(n - 1) end
print(loop(100000)) --> done
local even, odd
function even(n) if n == 0 then return true end return odd(n - 1) end
function odd(n) if n == 0 then return false end return even(n - 1) end
print(even(50001)) --> false

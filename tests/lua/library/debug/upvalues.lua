-- Closures share the variables they capture: setting one is seen by all, and identities tell which are one.
local a, b, c = 1, 2, 3
local function both() return a, b end
local function other() return b, c end
print(debug.getupvalue(both, 1)) --> a	1
print(debug.getupvalue(both, 3)) --> 
print(debug.setupvalue(both, 2, "two"), b, (other())) --> b	two	two
print(debug.upvalueid(both, 2) == debug.upvalueid(other, 1)) --> true
print(debug.upvalueid(both, 1) == debug.upvalueid(other, 1), debug.upvalueid(both, 3)) --> false	nil
debug.upvaluejoin(both, 1, other, 2)
c = "joined"
print(both()) --> joined	two
print(pcall(debug.upvaluejoin, both, 5, other, 1)) --> false	bad argument #2 to 'debug.upvaluejoin' (invalid upvalue index)
print(pcall(debug.upvaluejoin, print, 1, other, 1)) --> false	bad argument #2 to 'debug.upvaluejoin' (invalid upvalue index)

-- Even an environment can be joined or set.
local function global() return answer end
local environment = {answer = 42}
debug.upvaluejoin(global, 1, function() return environment end, 1)
print(global(), answer) --> 42	nil
debug.setupvalue(global, 1, {answer = 43})
print(global(), environment.answer) --> 43	43

-- Each turn of a loop has variables of its own.
local made = {}
for i = 1, 2 do made[i] = function() return i end end
print(debug.upvalueid(made[1], 1) == debug.upvalueid(made[2], 1)) --> false

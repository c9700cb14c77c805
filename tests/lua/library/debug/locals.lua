-- getlocal and setlocal reach variables by level, in the coroutine that runs and in others, captured or not.
local function f(a, ...)
  local captured = 10
  local function inner() return captured end
  print(debug.getlocal(1, 1)) --> a	1
  print(debug.getlocal(1, 2)) --> captured	10
  print(debug.getlocal(1, -1)) --> (vararg)	2
  print(debug.getlocal(1, -3), debug.getlocal(1, 100)) --> nil	nil
  print(debug.setlocal(1, 2, 11), captured, inner()) --> captured	11	11
  print(debug.setlocal(1, -2, "three"), ...) --> (vararg)	2	three
end
f(1, 2, 3)
print(debug.getlocal(f, 1), debug.getlocal(f, 2), debug.getlocal(print, 1)) --> a	nil	nil
print(debug.getlocal(0, 1)) --> (C temporary)	0
local function temporary() return debug.getlocal(2, 3) end
print((function(a, b) return (a + 1) .. tostring(select(2, temporary())) end)(0, 0)) --> 11
for i = 5, 5 do print(debug.getlocal(1, 3)) end --> (for state)	5
local co = coroutine.create(function(x) coroutine.yield(); return x end)
coroutine.resume(co, 1)
print(debug.getlocal(co, 1, 1)) --> x	1
print(debug.setlocal(co, 1, 1, "new"), coroutine.resume(co)) --> x	true	new
print(pcall(debug.getlocal, 50, 1)) --> false	bad argument #1 to 'debug.getlocal' (level out of range)
print(pcall(debug.setlocal, 50, 1, 1)) --> false	bad argument #1 to 'debug.setlocal' (level out of range)
do
  local closed <close> = setmetatable({}, {__close = function() print("closed") end})
  local function keep() return closed end
  print(debug.getlocal(1, 4) == "closed", keep() == closed) --> true	true
end --> closed

-- Native functions are levels of the call stack, of the running coroutine and of one at rest.
local info = debug.getinfo(0, "Sfl")
print(info.what, info.short_src, info.currentline, info.func == debug.getinfo) --> C	[C]	-1	true
local function inside()
  local names = {}
  for level = 0, 3 do names[#names + 1] = debug.getinfo(level, "S").what end
  return table.concat(names, " ")
end
print(pcall(inside)) --> true	C Lua C main
print(debug.getinfo(1, "l").currentline, debug.getinfo(1000), debug.getinfo(-1)) --> 10	nil	nil
local co = coroutine.create(function() local x = 1; coroutine.yield(x); error("dead", 0) end)
coroutine.resume(co)
print(debug.getinfo(co, 0, "f").func == coroutine.yield, debug.getinfo(co, 1, "l").currentline) --> true	11
print(debug.traceback(co)) --> stack traceback:
--> 	[C]: in function 'coroutine.yield'
--> 	levels.lua:11: in function <levels.lua:11>
coroutine.resume(co)
print(debug.traceback(co, "gone", 1)) --> gone
--> stack traceback:
--> 	levels.lua:11: in function <levels.lua:11>
-- `error` counts them as well.
print(pcall(error, "text", 1)) --> false	text
print(pcall(error, "text", 2)) --> false	levels.lua:23: text
local function complain() error("here", 2) end
print(select(2, pcall(function()
  complain() --> levels.lua:26: here
end)))

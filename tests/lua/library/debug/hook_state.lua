-- A hook belongs to a coroutine, is named as one, sees what is passed, and its errors are those of what it watches.
local function hook() print(debug.getinfo(1, "n").namewhat, (debug.traceback():find("in hook '?'", 1, true)) ~= nil) end
debug.sethook(hook, "l")
local x = 1 --> hook	true
debug.sethook() --> hook	true
local co = coroutine.create(function(a)
  local b = coroutine.yield(a)
  return b
end)
local seen = {}
local function note(_, line) seen[#seen + 1] = line end
debug.sethook(co, note, "l")
print(coroutine.resume(co, 1)) --> true	1
print(coroutine.resume(co, 2)) --> true	2
print(table.concat(seen, " "), debug.gethook(), debug.gethook(co) == note) --> 7 8	nil	true

local passed = {}
debug.sethook(function(event)
  local info = debug.getinfo(2, "r")
  local values = {}
  for i = info.ftransfer, info.ftransfer + info.ntransfer - 1 do
    values[#values + 1] = tostring(select(2, debug.getlocal(2, i)))
  end
  passed[#passed + 1] = event .. "(" .. table.concat(values, ",") .. ")"
end, "cr")
local _ = select(2, 10, 20, 30)
debug.sethook()
print(table.concat(passed, " ", 1, 3)) --> return() call(2,10,20,30) return(20,30)

print(pcall(function()
  debug.sethook(function() error("in hook", 0) end, "l")
  local y = 1
end)) --> false	in hook
debug.sethook() --! in hook

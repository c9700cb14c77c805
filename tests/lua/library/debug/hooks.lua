-- Hooks see calls, returns, new lines and counts of instructions; a hook is not called while a hook runs.
local function trace(mask, f, count)
  local seen = {}
  debug.sethook(function(event, line)
    seen[#seen + 1] = event .. ":" .. tostring(line or debug.getinfo(2, "n").name)
  end, mask, count)
  f()
  debug.sethook()
  print(table.concat(seen, " "))
end
local function lines()
  local sum = 0
  for i = 1, 2 do
    sum = sum + i
  end
  while sum > 2 do
    sum = sum - 1
  end
  if sum
  then sum = nil end
end
trace("l", lines) --> line:7 line:12 line:13 line:14 line:13 line:14 line:13 line:16 line:17 line:16 line:20 line:21 line:8
local function tail() return lines() end
trace("cr", function() tail() math.abs(-1) end)
--> return:sethook call:f call:tail tail call:nil return:nil call:abs return:abs return:f call:sethook
trace("r", function() local x <close> = setmetatable({}, {__close = function() end}) return 1 end)
--> return:sethook return:setmetatable return:close return:f
trace("c", function() local _ = setmetatable({}, {__add = function() return 1 end}) + 1 end)
--> call:f call:setmetatable call:add call:sethook

local count = 0
debug.sethook(function() count = count + 1 end, "", 100)
for i = 1, 1000 do end
debug.sethook()
print(count >= 10 and count <= 12, (debug.gethook())) --> true	nil

local function closer(name) return setmetatable({}, {__close = function() print("close " .. name) end}) end
for i = 1, 3 do
  local c <close> = closer("loop" .. i)
  if i == 2 then break end
  print(i)
  --> 1
  --> close loop1
end --> close loop2
do
  local d <close> = closer("goto")
  goto out
end
::out:: --> close goto
print("out") --> out
while true do
  local e <close> = closer("while")
  break
end --> close while

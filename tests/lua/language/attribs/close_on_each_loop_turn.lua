local function closer(name) return setmetatable({}, {__close = function() print("close " .. name) end}) end
for i = 1, 3 do
  local c <close> = closer(i)
  if i == 2 then goto continue end
  print("body", i) --> body	1
  ::continue::
  --> close 1
  --> close 2
  --> body	3
  --> close 3
end

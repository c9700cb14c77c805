local function iter()
  local closer = setmetatable({}, {__close = function(_, e) print("closed", e) end})
  return function(_, i) if i < 3 then return i + 1 end end, nil, 0, closer
end
for i in iter() do print(i) end
--> 1
--> 2
--> 3
--> closed	nil
for i in iter() do if i == 2 then break end end --> closed	nil
print(pcall(function() for i in iter() do error("in body", 0) end end))
--> closed	in body
--> false	in body
print((function() for i in iter() do return i end end)())
--> closed	nil
--> 1

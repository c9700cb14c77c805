-- getinfo knows functions by value and by level; each option adds its fields.
local function f(a, b, ...)
  local x = a
  -- a comment has no code
  return x + b
end
local info = debug.getinfo(f)
print(info.source, info.short_src, info.what, info.linedefined, info.lastlinedefined) --> @getinfo.lua	getinfo.lua	Lua	2	6
print(info.nups, info.nparams, info.isvararg, info.currentline, info.name, info.namewhat) --> 0	2	true	-1	nil	
print(info.istailcall, info.ftransfer, info.ntransfer, info.func == f) --> false	0	0	true
local lines = {}
for line in pairs(debug.getinfo(f, "L").activelines) do lines[#lines + 1] = line end
table.sort(lines)
print(table.concat(lines, " ")) --> 3 5 6
print(debug.getinfo(1, "S").what, debug.getinfo(print, "S").what, debug.getinfo(print, "L").activelines) --> main	C	nil
local function named() return debug.getinfo(1, "nt") end
local by_name = named()
print(by_name.name, by_name.namewhat, by_name.istailcall, by_name.source) --> named	local	false	nil
local function tail() return named() end
by_name = tail()
print(by_name.name, by_name.namewhat, by_name.istailcall) --> nil		true
for _ in function() by_name = by_name.name == nil and debug.getinfo(1, "n") or nil; return by_name end do
  print(by_name.name, by_name.namewhat) --> for iterator	for iterator
end
print(pcall(debug.getinfo, f, "X")) --> false	bad argument #2 to 'debug.getinfo' (invalid option)
print(pcall(debug.getinfo, f, ">S")) --> false	bad argument #2 to 'debug.getinfo' (invalid option '>')
print(pcall(debug.getinfo, "f")) --> false	bad argument #1 to 'debug.getinfo' (number expected, got string)

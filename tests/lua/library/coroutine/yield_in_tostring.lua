-- differs: PUC-Rio cannot yield across its C implementation of tostring
local t = setmetatable({}, {__tostring = function() return coroutine.yield("y") end})
local co = coroutine.wrap(function() return tostring(t) end)
print(co()) --> y
print(co("text")) --> text

local print, setmetatable = print, setmetatable
local _ENV = setmetatable({}, {__index = function(_, k) return "<" .. k .. ">" end})
print(anything) --> <anything>
anything = 1
print(anything) --> 1

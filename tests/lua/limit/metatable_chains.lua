-- coarse 10000
local t, u = {}, {}
for _ = 1, 1900 do
    t = setmetatable({}, {__index = t})
    u = setmetatable({}, {__newindex = u})
end
print(t.x, pcall(function() u.x = 1 end)) --> nil	true
for _ = 1, 200 do
    t = setmetatable({}, {__index = t})
    u = setmetatable({}, {__newindex = u})
end
print(pcall(function() return t.x end)) --> false	metatable_chains.lua:12: '__index' chain too long; possible loop
print(pcall(function() u.x = 1 end)) --> false	metatable_chains.lua:13: '__newindex' chain too long; possible loop

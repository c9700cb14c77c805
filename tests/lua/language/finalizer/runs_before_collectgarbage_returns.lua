-- coarse
local log = {}
local mt = { __gc = function(object) log[#log + 1] = object.name end }
for i = 1, 3 do
    setmetatable({ name = "object " .. i }, mt)
end
collectgarbage()
print(table.concat(log, ", ")) --> object 3, object 2, object 1

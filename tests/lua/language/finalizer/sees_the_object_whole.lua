-- coarse
local mt = {}
mt.__index = { method = function(self) return self.part.text end }
function mt.__gc(object)
    print(object:method(), getmetatable(object) == mt) --> whole	true
end
setmetatable({ part = setmetatable({ text = "whole" }, { __gc = function(part) part.text = "gone" end }) }, mt)
collectgarbage()

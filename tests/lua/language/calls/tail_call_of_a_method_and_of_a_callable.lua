local obj = {}
function obj:down(n) if n == 0 then return "bottom" end return self:down(n - 1) end
print(obj:down(1000)) --> bottom
local callable = setmetatable({}, {__call = function(self, n) return n, "called" end})
local function f(n) return callable(n) end
print(f(5)) --> 5	called

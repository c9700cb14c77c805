local obj = setmetatable({n = 0}, {__call = function(self, _, i) self.n = self.n + 1 if self.n < 3 then return self.n end end})
for i in obj do print(i) end
--> 1
--> 2

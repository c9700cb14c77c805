local count = 0
local function get() count = count + 1 return {m = function(self, x) return x end} end
print(get():m("x"), count) --> x	1

local function address(s) return string.format("%p", s) end
local a = "a constant too long to be one of the strings that are always shared"
local function same() return "a constant too long to be one of the strings that are always shared" end
print(address(a) == address(same())) --> true
local other = a:sub(1, 10) .. a:sub(11)
print(a == other, address(a) == address(other)) --> true	false

local function text(message)
    local at = 1
    while message:sub(at, at) ~= " " do at = at + 1 end
    return message:sub(at + 1)
end
local t = setmetatable({}, {__name = "My.Type"})
local sources = {
    function() return "a" + 1 end, function() return {} + "a" end, function() return "10" + {} end, function() return -"a" end,
    function() return "a" | 1 end, function() return 1 | {} end, function() return 1.5 | 1 end, function() local x = 1.5; return 1 | x end,
    function() return 2^63 | 1 end, function() return 1 // 0 end, function() return 1 % 0 end, function() return t + 1 end,
    function() return t .. "x" end, function() return t < 1 end, function() return t < t end, function() return {} < {} end,
    function() return 1 < "a" end, function() return nil <= nil end, function() return {} >= 1 end, function() t() end,
    function() return string.rep(t, 1) end, function() for i = t, 1 do end end, function() for i = 1, t do end end, function() for i = {}, 1 do end end, function() for i = 1, "x" do end end,
    function() for i = 1, 2, {} do end end, function() for i = 1, 2, 0 do end end, function() for i = 1.5, 2, 0 do end end,
    function() local x = {}; x[nil] = 1 end, function() local x = {}; x[0 / 0] = 1 end, function() local x <close> = 1 end,
}
for _, f in ipairs(sources) do
    print(text(select(2, pcall(f))))
    --> attempt to add a 'string' with a 'number'
    --> attempt to add a 'table' with a 'string'
    --> attempt to add a 'string' with a 'table'
    --> attempt to unm a 'string' with a 'string'
    --> attempt to perform bitwise operation on a string value (constant 'a')
    --> attempt to perform bitwise operation on a table value
    --> number has no integer representation
    --> number (local 'x') has no integer representation
    --> number has no integer representation
    --> attempt to divide by zero
    --> attempt to perform 'n%0'
    --> attempt to perform arithmetic on a My.Type value (upvalue 't')
    --> attempt to concatenate a My.Type value (upvalue 't')
    --> attempt to compare My.Type with number
    --> attempt to compare two My.Type values
    --> attempt to compare two table values
    --> attempt to compare number with string
    --> attempt to compare two nil values
    --> attempt to compare number with table
    --> attempt to call a My.Type value (upvalue 't')
    --> bad argument #1 to 'rep' (string expected, got My.Type)
    --> bad 'for' initial value (number expected, got My.Type)
    --> bad 'for' limit (number expected, got My.Type)
    --> bad 'for' initial value (number expected, got table)
    --> bad 'for' limit (number expected, got string)
    --> bad 'for' step (number expected, got table)
    --> 'for' step is zero
    --> 'for' step is zero
    --> table index is nil
    --> table index is NaN
    --> variable 'x' got a non-closable value
end

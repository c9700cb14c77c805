local function text(message)
    local at = 1
    while message:sub(at, at) ~= " " do at = at + 1 end
    return message:sub(at + 1)
end
local t = setmetatable({}, {
    __add = 1, __lt = 2, __le = 3, __concat = 4, __len = true, __eq = 5, __unm = {}, __index = 6, __close = 7, __call = 8,
})
local other = setmetatable({}, getmetatable(t))
local sources = {
    function() return t + 1 end, function() return 1 + t end, function() return t < 1 end, function() return t <= 1 end, function() return t .. 1 end,
    function() return #t end, function() return t == other end, function() return -t end, function() return t.x.y end,
    function() local x <close> = t end, function() t() end,
}
for _, f in ipairs(sources) do
    print(text(select(2, pcall(f))))
    --> attempt to call a number value (metamethod 'add')
    --> attempt to call a number value (metamethod 'add')
    --> attempt to call a number value (metamethod 'lt')
    --> attempt to call a number value (metamethod 'le')
    --> attempt to call a number value (metamethod 'concat')
    --> attempt to call a boolean value (metamethod 'len')
    --> attempt to call a number value (metamethod 'eq')
    --> attempt to call a table value (metamethod 'unm')
    --> attempt to index a number value
    --> attempt to call a number value (metamethod 'close')
    --> attempt to call a number value (upvalue 't')
end

local function text(message)
    local at = 1
    while message:sub(at, at) ~= " " do at = at + 1 end
    return message:sub(at + 1)
end
local up, upt, upn = nil, {}, 1
local sources = {
    function() missing() end, function() missing.x = 1 end, function() return missing.x.y end, function() return missing + 1 end,
    function() local x; x() end, function() local x; return x.y end, function() local x = {}; return 1 + x end,
    function() up() end, function() return up.x end, function() return upt + 1 end, function() return upt.x.y end,
    function() upt.x() end, function() upt.x:y() end, function() upt:x() end, function() upt.x.y:z() end,
    function() return upt[1].x end, function() return upt[300].x end, function() return upt[upn].x end, function() return upt.x .. "" end,
    function() return ("x"):nope() end, function() return ("x").y.z end, function() return (1).x.y end,
    function() local k <const> = "key"; return upt[k].x end, function() local x <const> = "x"; return x.y.z end,
    function() return #upt.x end, function() return -upt.x end, function() return "a" .. upt .. "b" end,
    function() local function f() return f.x.y end return f() end, function() local function f() return f + 1 end return f() end,
    function() local a = upt.a or upt.b; a.z = 1 end, function() (upt.a or upt.b)() end, function() upt[upt].x = 1 end,
    function() local a = {_ENV = {}}; return a._ENV.x + 1 end, function() return ("_ENV").x + 1 end,
    function() for _ in nil do end end, function() for _ in upt do end end, function() local _ENV = {}; x() end, function() local _ENV; x = 1 end,
}
for _, f in ipairs(sources) do
    print(text(select(2, pcall(f))))
    --> attempt to call a nil value (global 'missing')
    --> attempt to index a nil value (global 'missing')
    --> attempt to index a nil value (global 'missing')
    --> attempt to perform arithmetic on a nil value (global 'missing')
    --> attempt to call a nil value (local 'x')
    --> attempt to index a nil value (local 'x')
    --> attempt to perform arithmetic on a table value (local 'x')
    --> attempt to call a nil value (upvalue 'up')
    --> attempt to index a nil value (upvalue 'up')
    --> attempt to perform arithmetic on a table value (upvalue 'upt')
    --> attempt to index a nil value (field 'x')
    --> attempt to call a nil value (field 'x')
    --> attempt to index a nil value (field 'x')
    --> attempt to call a nil value (method 'x')
    --> attempt to index a nil value (field 'x')
    --> attempt to index a nil value (field 'integer index')
    --> attempt to index a nil value (field '?')
    --> attempt to index a nil value (field '?')
    --> attempt to concatenate a nil value (field 'x')
    --> attempt to call a nil value (method 'nope')
    --> attempt to index a nil value (field 'y')
    --> attempt to index a number value
    --> attempt to index a nil value (field 'key')
    --> attempt to index a nil value (field 'y')
    --> attempt to get length of a nil value (field 'x')
    --> attempt to perform arithmetic on a nil value (field 'x')
    --> attempt to concatenate a table value (upvalue 'upt')
    --> attempt to index a function value (upvalue 'f')
    --> attempt to perform arithmetic on a function value (upvalue 'f')
    --> attempt to index a nil value (local 'a')
    --> attempt to call a nil value
    --> attempt to index a nil value (field '?')
    --> attempt to perform arithmetic on a nil value (field 'x')
    --> attempt to perform arithmetic on a nil value (field 'x')
    --> attempt to call a nil value (for iterator 'for iterator')
    --> attempt to call a table value (for iterator 'for iterator')
    --> attempt to call a nil value (global 'x')
    --> attempt to index a nil value (local '_ENV')
end

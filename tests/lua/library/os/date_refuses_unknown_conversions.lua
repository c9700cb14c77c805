for _, format in ipairs { "%", "%9", "%O", "%E", "%Ea", "%d %Ez rest" } do
    print(pcall(os.date, format) == false)
    --> true
    --> true
    --> true
    --> true
    --> true
    --> true
end
local text = os.date("%d %Ez rest") --! bad argument #1 to 'date' (invalid conversion specifier '%Ez rest')

local a = {}
print(pcall(function()
    return a.b
        :c()
end)) --> false	index_before_a_method_is_on_the_line_of_the_name.lua:4: attempt to index a nil value (field 'b')
local t
print(pcall(function()
    return t.b
        :c()
end)) --> false	index_before_a_method_is_on_the_line_of_the_name.lua:9: attempt to index a nil value (upvalue 't')

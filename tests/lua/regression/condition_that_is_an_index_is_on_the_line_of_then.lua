local t
print(pcall(function()
    if t.a
    then
    end
end)) --> false	condition_that_is_an_index_is_on_the_line_of_then.lua:4: attempt to index a nil value (upvalue 't')

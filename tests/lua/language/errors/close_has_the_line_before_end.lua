local function blame()
    local x <close> = setmetatable({}, {__close = function() error("blamed", 2) end})
end
print(pcall(blame)) --> false	close_has_the_line_before_end.lua:3: blamed
print(pcall(function() --> false	close_has_the_line_before_end.lua:7: blamed
    do
        local x <close> = setmetatable({}, {__close = function() error("blamed", 2) end})

    end
end))

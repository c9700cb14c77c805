-- coarse 4000
local countdown = setmetatable({}, {
    __call = function(self, n)
        if n == 0 then
            return "done"
        end
        return self(n - 1)
    end,
})
print(countdown(50000)) --> done
local object = { down = countdown }
function object:run(n)
    return self.down(n)
end
print(object:run(10)) --> done
local counted = setmetatable({}, { __call = function(_, ...) return select("#", ...), ... end })
local function pass(...)
    return counted(...)
end
print(pass(1, nil, 3)) --> 3	1	nil	3
local nested = setmetatable({}, { __call = countdown })
print(pcall(function() return nested() end)) --> false	tail_call_of_a_callable_table_grows_the_stack.lua:7: attempt to perform arithmetic on a table value (local 'n')

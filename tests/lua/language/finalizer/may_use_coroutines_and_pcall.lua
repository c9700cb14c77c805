-- coarse
local log = {}
setmetatable({}, {
    __gc = function()
        for i in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) do
            log[#log + 1] = i
        end
        log[#log + 1] = tostring(pcall(error))
        log[#log + 1] = tostring(pcall(coroutine.yield))
    end,
})
collectgarbage()
print(table.concat(log, " ")) --> 1 2 3 false false

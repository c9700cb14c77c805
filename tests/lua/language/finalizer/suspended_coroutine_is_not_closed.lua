-- coarse
do
    local co = coroutine.wrap(function()
        local x <close> = setmetatable({}, { __close = function() print("closed") end })
        coroutine.yield()
    end)
    co()
end
collectgarbage()
print("not closed") --> not closed

local function closing(name, yields)
    return setmetatable({}, {
        __close = function(_, error)
            print(name, error, coroutine.isyieldable())
            if yields then
                coroutine.yield()
            end
        end,
    })
end
local co = coroutine.create(function()
    local a <close> = closing("a")
    local b <close> = closing("b", true)
    coroutine.yield()
end)
coroutine.resume(co)
print(coroutine.close(co)) --> b	nil	false
--> a	attempt to yield across a C-call boundary	false
--> false	attempt to yield across a C-call boundary
print(coroutine.status(co)) --> dead
local wrapped = coroutine.wrap(function()
    local _ <close> = setmetatable({}, { __close = function() coroutine.yield() end })
    error("boom", 0)
end)
print(pcall(wrapped)) --> false	attempt to yield across a C-call boundary
print(pcall(wrapped)) --> false	cannot resume dead coroutine

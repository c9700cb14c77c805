-- coarse 10000
local finished
local function loop(make)
    finished = false
    local object = setmetatable({}, { __gc = function() finished = true end })
    local kept = { 34 }
    local i = 0
    repeat
        i = i + 1
        object = make(i)
    until finished
    return kept[1]
end
print(loop(function() return {} end)) --> 34
print(loop(function(i) return tostring(i) .. tostring(i) end)) --> 34
print(loop(function() return { {} } end)) --> 34
print(loop(function(i) return function() return i end end)) --> 34
local function inline()
    finished = false
    local object = { setmetatable({}, { __gc = function() finished = true end }) }
    while not finished do
        object = {}
    end
    for i = 1, math.huge do
        if i == 1 then
            finished, object = false, setmetatable({}, { __gc = function() finished = true end })
        else
            object = { i }
        end
        if finished then
            return object[1] == i
        end
    end
end
print(inline()) --> true

-- coarse
local saved, count
count = 0
local mt = {}
function mt.__gc(object)
    saved, count = object, count + 1
    if count < 3 then
        setmetatable(object, mt)
    end
end
setmetatable({ "resurrected" }, mt)
for _ = 1, 5 do
    collectgarbage()
    print(saved[1], count)
    --> resurrected	1
    --> resurrected	2
    --> resurrected	3
    --> resurrected	3
    --> resurrected	3
    saved = saved and { saved[1] }
end

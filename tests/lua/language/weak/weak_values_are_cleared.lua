-- coarse
local cache = setmetatable({}, { __mode = "v" })
local kept = {}
cache[1], cache[2], cache.kept, cache.lost = kept, {}, kept, {}
cache.string, cache.number, cache.boolean = "text", 1.5, true
collectgarbage()
print(cache[1] == kept, cache[2], cache.kept == kept, cache.lost) --> true	nil	true	nil
print(cache.string, cache.number, cache.boolean) --> text	1.5	true
kept = nil
collectgarbage()
print(cache[1], cache.kept) --> nil	nil

local function source(depth)
    return ("for i = 1, 2 do "):rep(depth) .. ("end "):rep(depth)
end
print(load(source(50), "=s") ~= nil) --> true
print(select(2, load(source(51), "=s"))) --> s:1: too many local variables (limit is 200) in main function near '='

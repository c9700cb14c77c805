local obj = {}
setmetatable(obj, {__close = function(v, e) print(v == obj, e) end})
do local x <close> = obj end --> true	nil

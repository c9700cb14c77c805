-- A traceback names each level: natives as [C], functions by what is loaded, by their name where they are called, or
-- by their place.
local function trim(text) return (text:gsub("\n\t%[C%]: in %?$", "")) end
if not string.gsub then trim = function(text) return text end end
function global() return trim(debug.traceback("message")) end
print((global())) --> message
--> stack traceback:
--> 	traceback.lua:5: in function 'global'
--> 	traceback.lua:6: in main chunk

local function tail() return global() end
local t = {field = function() return (tail()) end}
function t:method() return (t.field()) end
local mt = setmetatable({}, {__add = function() return (t:method()) end})
print((mt + 1)) --> message
--> stack traceback:
--> 	traceback.lua:5: in function 'global'
--> 	(...tail calls...)
--> 	traceback.lua:12: in field 'field'
--> 	traceback.lua:13: in method 'method'
--> 	traceback.lua:14: in metamethod 'add'
--> 	traceback.lua:15: in main chunk

-- module: inspect
local inspect = require "inspect"
print(inspect {1, 2, 3, name = "x", ["not a name"] = true, [10] = 1.5, nested = {{}, {a = {b = {}}}}})
print(inspect("text\n\"quoted\" 'too' \0\1"), inspect(nil), inspect(2^53), inspect(-0.0), inspect(1e100))
local cycle = {name = "cycle"}
cycle.self, cycle[1] = cycle, {cycle}
print(inspect(setmetatable(cycle, {__index = {}, __call = function() end})))
print(inspect({a = {b = {c = {d = 1}}}}, {depth = 2}), inspect({1, {2}}, {newline = "@", indent = ">"}))
print(inspect({a = 1, secret = 2}, {process = function(item, path) if path[#path] ~= "secret" then return item end end}))
print(inspect {print, print, coroutine.create(print), print = print})

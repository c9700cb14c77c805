-- module: pl
local List, OrderedMap, class = require "pl.List", require "pl.OrderedMap", require "pl.class"
local pretty, stringx, tablex = require "pl.pretty", require "pl.stringx", require "pl.tablex"
local list = List {3, 1, 2}
print(list:sort(), list:map(function(x) return x * 2 end), list:reduce "+", list:slice(2, -1))
print(pretty.write {1, 2, {a = 1, [2] = "two"}}, pretty.write("text\n\0"))
local map = OrderedMap {}
map:set("z", 1)
map:set("a", 2)
for key, value in map:iter() do print(key, value) end
print(stringx.split("a,b,,c", ","), stringx.title "hello world", stringx.center("x", 5, "*"))
print(tablex.deepcompare({1, {2}}, {1, {2}}), List(tablex.keys {a = 1}), tablex.find({5, 6, 7}, 6))
print((require "pl.template".substitute("# for i = 1, 3 do\n$(i * i),\n# end", {_escape = "#"})))
for kind, value in require "pl.lexer".lua("local x = 10 .. 'y' -- end") do print(kind, value) end
local Animal = class()
function Animal:_init(name) self.name = name end
function Animal:__tostring() return "animal " .. self.name end
local Dog = class(Animal)
function Dog:speak() return self.name .. " barks" end
local dog = Dog "rex"
print(dog, dog:speak(), Dog:class_of(dog), Animal:is_a(Dog))
local data = require "pl.data".read(require "pl.stringio".open "name,count\none,1\ntwo,22\n")
print(data[2][1], data[2][2] + 1, List(data:column_by_name "count"))
print(require "pl.sip".match("$v{key} = $d{value}", "width = 25", {}), require "pl.utils".escape "a.b*c")
local comprehension = require "pl.comprehension".new()
print(List(comprehension "x * x for x = 1, 5 if x % 2 == 1" ()))
print(pcall(require("pl.utils").assert_arg, 1, "text", "number"))

local x
local t = {a = {}}
print(pcall(function() return x.y end)) --> false	index_of_nil_names_the_variable.lua:3: attempt to index a nil value (upvalue 'x')
print(pcall(function() local y; return y.z end)) --> false	index_of_nil_names_the_variable.lua:4: attempt to index a nil value (local 'y')
print(pcall(function() return t.a.b.c end)) --> false	index_of_nil_names_the_variable.lua:5: attempt to index a nil value (field 'b')
print(pcall(function() return undefined.x end)) --> false	index_of_nil_names_the_variable.lua:6: attempt to index a nil value (global 'undefined')
print(pcall(function() return t[1][2] end)) --> false	index_of_nil_names_the_variable.lua:7: attempt to index a nil value (field 'integer index')
print(pcall(function() return t["b c"].d end)) --> false	index_of_nil_names_the_variable.lua:8: attempt to index a nil value (field 'b c')
print(pcall(function() x.y = 1 end)) --> false	index_of_nil_names_the_variable.lua:9: attempt to index a nil value (upvalue 'x')
print(pcall(function() t.b.c = 1 end)) --> false	index_of_nil_names_the_variable.lua:10: attempt to index a nil value (field 'b')
print(pcall(function() return (nil).x end)) --> false	index_of_nil_names_the_variable.lua:11: attempt to index a nil value
print(pcall(function() return (5).x end)) --> false	index_of_nil_names_the_variable.lua:12: attempt to index a number value
print(pcall(function() return t.a.b:c() end)) --> false	index_of_nil_names_the_variable.lua:13: attempt to index a nil value (field 'b')
print(pcall(function(p) return p[1] end)) --> false	index_of_nil_names_the_variable.lua:14: attempt to index a nil value (local 'p')
local y
print(y.field) --! attempt to index a nil value (local 'y')

print(load("return 1", "=n", "t")()) --> 1
print(load("return 1", "=n", "bt")()) --> 1
print(load("return 1", "=n", "b")) --> nil	attempt to load a text chunk (mode is 'b')
print(load("return 1", "=n", "")) --> nil	attempt to load a text chunk (mode is '')
print(load("\27Lua", "=n", "t")) --> nil	attempt to load a binary chunk (mode is 't')
local calls = 0
print(load(function() calls = calls + 1 return "return 1" end, "=n", "b")) --> nil	attempt to load a text chunk (mode is 'b')
print(calls) --> 1

package.path = "./?.lua;./?/init.lua"
package.cpath = "./?.so"
print(pcall(require, "a.b"))
--> false	module 'a.b' not found:
--> 	no field package.preload['a.b']
--> 	no file './a/b.lua'
--> 	no file './a/b/init.lua'
--> 	no file './a/b.so'
--> 	no file './a.so'
package.searchers = {function(name) return "no " .. name end, function() end, function() return 1, 2 end}
print(pcall(require, "x"))
--> false	module 'x' not found:
--> 	no x
--> 	1
package.searchers = {}
print(pcall(require, "x")) --> false	module 'x' not found:
package.searchers = nil
print(pcall(require, "x")) --> false	'package.searchers' must be a table
print(pcall(require)) --> false	bad argument #1 to 'require' (string expected, got no value)

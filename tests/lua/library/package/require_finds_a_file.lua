local name = os.tmpname()
local file = io.open(name, "w")
file:write("loads = (loads or 0) + 1 return {name = ..., file = select(2, ...)}")
file:close()
package.path = "./nothing/?.lua;" .. name
local module, about = require("some.module")
print(module.name, module.file == name, about == name) --> some.module	true	true
print(require("some.module") == module, loads) --> true	1
print(select("#", require("some.module"))) --> 1
print(package.loaded["some.module"] == module) --> true
package.loaded["some.module"] = nil
print(require("some.module") == module, loads) --> false	2
os.remove(name)

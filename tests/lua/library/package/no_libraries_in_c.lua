-- differs: native code could do anything, so that none is loaded
print(package.loadlib("./x.so", "*")) --> nil	dynamic libraries not enabled; check your Lua installation	absent
local name = os.tmpname()
package.path, package.cpath = "", name
local ok, message = pcall(require, "native")
print(message == "error loading module 'native' from file '" .. name .. "':\n\tdynamic libraries not enabled; check your Lua installation") --> true
os.remove(name)

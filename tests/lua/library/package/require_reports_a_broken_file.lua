local name = os.tmpname()
local file = io.open(name, "w")
file:write("x =")
file:close()
package.path = name
local ok, message = pcall(require, "broken")
print(message == "error loading module 'broken' from file '" .. name .. "':\n\t" .. name .. ":1: unexpected symbol near <eof>") --> true
os.remove(name)

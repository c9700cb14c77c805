local print = print
local function get() return name end
name = "global"
print(get()) --> global
_ENV = {name = "replaced"}
print(get(), name) --> replaced	replaced

-- module: luacheck
-- Checks the Lua files that it is given: the library's own interface, for the command needs a module written in C.
local luacheck = require "luacheck"
local warnings = 0
for _, name in ipairs(arg) do
  local file = assert(io.open(name))
  local source = file:read "a"
  file:close()
  local report = luacheck.check_strings({source}, {std = "lua54", max_line_length = false})[1]
  if report.fatal then print(name, report.fatal, report.msg) end
  for _, warning in ipairs(report) do
    warnings = warnings + 1
    print(name, warning.line, warning.column, warning.code, luacheck.get_message(warning))
  end
end
print("files", #arg, "warnings", warnings)

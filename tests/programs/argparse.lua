-- module: argparse
local argparse = require "argparse"
local parser = argparse("program", "Does something.", "See also the manual.")
parser:argument("input", "Input file."):args "1-2"
parser:option("-o --output", "Output file.", "a.out")
parser:option("-I --include", "Include locations."):count "*"
parser:option("--level"):convert(tonumber):choices {"1", "2", "3"}
parser:flag("-v --verbose", "Say more."):count "0-2"
parser:command_target "command"
parser:command("add", "Adds."):argument("what"):args "*"
print(parser:get_usage())
print(parser:get_help())
local function show(...)
  local ok, result = parser:pparse {...}
  if not ok then return print("refused", result) end
  local keys = {}
  for key in pairs(result) do keys[#keys + 1] = key end
  table.sort(keys)
  for _, key in ipairs(keys) do
    local value = result[key]
    print(key, type(value) == "table" and "{" .. table.concat(value, " ") .. "}" or value)
  end
end
show("in.txt", "add", "a", "b")
show("one", "two", "-vv", "-Ilib", "-I", "src", "--output=x", "add")
show("one", "--level", "2", "add")
show("one", "--level", "9", "add")
show()
show("one", "--nonsense", "add")
print(pcall(function() parser:argument(1) end))

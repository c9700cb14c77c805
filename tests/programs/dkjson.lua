-- module: dkjson
local json = require "dkjson"
local source = [==[{"numbers": [0, -1, 1.5, 1e300, 12345678901], "text": "a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00", "empty": {},
  "nested": [[[]], {"deep": {"er": [true, false, null]}}]}]==]
local order = {keyorder = {"numbers", "text", "empty", "nested", "deep", "er"}, indent = true}
local value = assert(json.decode(source))
print(json.encode(value, order))
print(value.text, #value.numbers, value.numbers[5], math.type(value.numbers[5]))
print(json.encode({1, 2, [4] = 4}), json.encode("\0\127\u{2028}"), json.encode(1 / 3), json.encode(json.null))
for _, broken in ipairs {"[1, 2", '{"a" 1}', '"open', "nul", "[1] x"} do
  local value, at, message = json.decode(broken)
  print(broken, type(value), at, message)
end
print(pcall(json.encode, {print}))
local cycle = {}
cycle[1] = cycle
print(pcall(json.encode, cycle))
local point = setmetatable({x = 1, y = 2}, {__jsonorder = {"y", "x"}, __jsontype = "object"})
print(json.encode(point), json.quotestring "tab\t")

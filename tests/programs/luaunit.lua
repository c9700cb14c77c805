-- module: luaunit
-- What the clocks say is never the same.
os.clock = function() return 0 end
os.date = function() return "today" end
local unit = require "luaunit"
TestNumbers = {}
function TestNumbers:setUp() self.base = 40 end
function TestNumbers:testSum() unit.assertEquals(self.base + 2, 42) end
function TestNumbers:testAlmost() unit.assertAlmostEquals(0.1 + 0.2, 0.3, 1e-12) end
function TestNumbers:testWrong() unit.assertEquals({1, 2, {3, x = "y"}}, {1, 2, {4, x = "y"}}) end
TestErrors = {}
function TestErrors:testRaises() unit.assertErrorMsgContains("attempt to index", function() local t; return t.x end) end
function TestErrors:testBreaks() error("broken on purpose") end
function TestErrors:testSkips() unit.skip("not today") end
function TestErrors:testStrings() unit.assertStrMatches("abc123", "%a+%d+") unit.assertItemsEquals({1, 2, 3}, {3, 1, 2}) end
local runner = unit.LuaUnit.new()
runner:setOutputType("tap")
print("failures", runner:runSuite("--pattern", "Numbers", "--pattern", "Errors"))
for _, node in ipairs(runner.result.allTests) do print(node.className, node.methodName, node.status, node.msg) end
print(unit.prettystr({1, {a = "b"}, "c\n"}), unit.prettystr("it's"))

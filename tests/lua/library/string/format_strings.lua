print(string.format("%s|%5s|%-5s|%.2s|%5.1s|", "abc", "ab", "ab", "abc", "xyz")) --> abc|   ab|ab   |ab|    x|
print(string.format("%s %s %s %s", nil, true, 1, 1.0)) --> nil true 1 1.0
print(string.format("%s", setmetatable({}, {__tostring = function() return "meta" end}))) --> meta
print(string.format("%%|%c%c%c", 72, 105, 33)) --> %|Hi!
print(#string.format("%s", ("x"):rep(1000)), string.format("%-3s|", "abcd")) --> 1000	abcd|
print(pcall(string.format, "%s")) --> false	bad argument #2 to 'string.format' (no value)

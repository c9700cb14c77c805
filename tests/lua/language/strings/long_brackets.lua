local two_lines = [[a
b]]
print(two_lines)
--> a
--> b
local first_dropped = [[
first newline is dropped]]
print(first_dropped) --> first newline is dropped
print([==[with ]] and ]=] inside]==]) --> with ]] and ]=] inside
local only_breaks = [[

]]
print(#only_breaks, [[\n is not an escape]]) --> 1	\n is not an escape
print(#[==[]==]) --> 0

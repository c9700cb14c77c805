local file <close> = io.tmpfile()
file:write("12 ab\n0x10 c\nend")
file:seek("set")
for number, rest in file:lines("n", "L") do
    print(number, rest)
    --> 12	 ab
    -->
    --> 16	 c
    -->
end
file:seek("set")
local count = 0
for _ in file:lines(1) do
    count = count + 1
end
print(count) --> 16
for _ in file:lines(table.unpack({}, 1, 251)) do end --! bad argument #251 to 'lines' (too many arguments)

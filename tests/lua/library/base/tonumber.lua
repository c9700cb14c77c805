print(tonumber(5), tonumber(5.5), tonumber("10"), tonumber("0x1F"), tonumber("1e2"), tonumber(" 12 ")) --> 5	5.5	10	31	100.0	12
print(tonumber(""), tonumber("abc"), tonumber("1 2"), tonumber("0x"), tonumber("1e"), tonumber({})) --> nil	nil	nil	nil	nil	nil
print(tonumber("1."), tonumber(".5"), tonumber("."), tonumber("-7"), tonumber("- 7"), tonumber("+7")) --> 1.0	0.5	nil	-7	nil	7
print(tonumber("inf"), tonumber("nan"), tonumber("0x.8p1"), tonumber("\t\n3\v"), tonumber("3\0")) --> nil	nil	1.0	3	nil
print(tonumber(nil), tonumber(true)) --> nil	nil
print(pcall(tonumber)) --> false	bad argument #1 to 'tonumber' (value expected)
print(tonumber("9223372036854775808"), tonumber("-9223372036854775808"), tonumber("0xffffffffffffffffff")) --> 9.2233720368548e+18	-9223372036854775808	-1

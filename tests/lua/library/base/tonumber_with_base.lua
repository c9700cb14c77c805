print(tonumber("ff", 16), tonumber("FF", 16), tonumber("zz", 36), tonumber("101", 2), tonumber("777", 8)) --> 255	255	1295	5	511
print(tonumber("8", 8), tonumber("", 10), tonumber("1.0", 10), tonumber("-ff", 16), tonumber(" 11 ", 2)) --> nil	nil	nil	-255	3
print(tonumber("7fffffffffffffff", 16), tonumber("ffffffffffffffff", 16)) --> 9223372036854775807	-1
print(pcall(tonumber, 10, 10)) --> false	bad argument #1 to 'tonumber' (string expected, got number)
print(pcall(tonumber, "1", 1)) --> false	bad argument #2 to 'tonumber' (base out of range)
print(pcall(tonumber, "1", 37)) --> false	bad argument #2 to 'tonumber' (base out of range)
print(tonumber("+12", 10), tonumber(" +ff ", 16), tonumber("+", 10), tonumber("+-1", 10)) --> 12	255	nil	nil

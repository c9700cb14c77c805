print(string.char(), string.char(72, 105), #string.char(0, 255)) --> 	Hi	2
print(pcall(string.char, 256)) --> false	bad argument #1 to 'string.char' (value out of range)
print(pcall(string.char, -1)) --> false	bad argument #1 to 'string.char' (value out of range)
print(pcall(string.char, "x")) --> false	bad argument #1 to 'string.char' (number expected, got string)

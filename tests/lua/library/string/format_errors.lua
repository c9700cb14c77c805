print(pcall(string.format, "%y", 1)) --> false	invalid conversion '%y' to 'format'
print(pcall(string.format, "%")) --> false	bad argument #2 to 'string.format' (no value)
print(pcall(string.format, "%123d", 1)) --> false	invalid conversion specification: '%123d'
print(pcall(string.format, "%.123d", 1)) --> false	invalid conversion specification: '%.123d'
print(pcall(string.format, "%#d", 1)) --> false	invalid conversion specification: '%#d'
print(pcall(string.format, "%0s", "x")) --> false	invalid conversion specification: '%0s'
print(pcall(string.format)) --> false	bad argument #1 to 'string.format' (string expected, got no value)
print(pcall(string.format, "%c", "x")) --> false	bad argument #2 to 'string.format' (number expected, got string)
print(string.format("no conversions"), string.format("%d extra", 1, 2, 3)) --> no conversions	1 extra

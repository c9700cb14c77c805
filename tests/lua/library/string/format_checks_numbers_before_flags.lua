print(pcall(string.format, "%#d", "x")) --> false	bad argument #2 to 'string.format' (number expected, got string)
print(pcall(string.format, "%#d", 1)) --> false	invalid conversion specification: '%#d'
print(pcall(string.format, "%.100f", "x")) --> false	bad argument #2 to 'string.format' (number expected, got string)
print(pcall(string.format, "%.100f", 1)) --> false	invalid conversion specification: '%.100f'
print(pcall(string.format, "%.100a", "x")) --> false	invalid conversion specification: '%.100a'

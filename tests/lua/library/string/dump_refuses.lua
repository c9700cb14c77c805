print(pcall(string.dump, print)) --> false	unable to dump given function
print(pcall(string.dump)) --> false	bad argument #1 to 'string.dump' (function expected, got no value)
print(pcall(string.dump, 1)) --> false	bad argument #1 to 'string.dump' (function expected, got number)

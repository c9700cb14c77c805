print(pcall(string.rep, "aa", 1 << 30)) --> false	resulting string too large
print(pcall(string.rep, "a", 1 << 30, ",")) --> false	resulting string too large
print(pcall(string.rep, "ab", math.maxinteger)) --> false	resulting string too large
print(#string.rep("ab", -1), #string.rep("", 1000), #string.rep("", 3, "x")) --> 0	0	2

print(pcall(error, 42)) --> false	42
print(pcall(error, 42, 2)) --> false	42
print(math.type(select(2, pcall(error, 42)))) --> integer

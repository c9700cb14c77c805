print(pcall(error, {code = 1}) == false) --> true
local ok, e = pcall(error, {code = 42})
print(ok, type(e), e.code) --> false	table	42
print(pcall(error)) --> false	nil
print(pcall(error, nil)) --> false	nil
print(pcall(error, true), pcall(error, 12)) --> false	false	12
print(select(2, pcall(error, print)) == print) --> true

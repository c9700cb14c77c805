print(pcall(function(...) return ... end, 1, nil, 3)) --> true	1	nil	3
print(pcall(function() end)) --> true
print(select("#", pcall(function() return nil, nil end))) --> 3
print(pcall(pcall, error, "e")) --> true	false	e

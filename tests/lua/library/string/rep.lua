print(("ab"):rep(3), ("ab"):rep(3, "-"), ("x"):rep(0) == "", ("x"):rep(-1) == "", ("x"):rep(1, "sep")) --> ababab	ab-ab-ab	true	true	x
print(#("x"):rep(1000), #(""):rep(1000000000)) --> 1000	0
print(pcall(string.rep, "x", 1 << 62)) --> false	resulting string too large

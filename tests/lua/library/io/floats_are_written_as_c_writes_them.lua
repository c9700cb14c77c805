local file <close> = io.tmpfile()
file:write(3.0, " ", 0.1, " ", 1e100, " ", -0.0, " ", 1 / 0, " ", math.mininteger)
file:seek("set")
print(file:read("a")) --> 3 0.1 1e+100 -0 inf -9223372036854775808

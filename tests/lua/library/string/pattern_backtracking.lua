local a = ("a"):rep(18)
print(a:find("^" .. ("a*"):rep(4) .. "b")) --> nil
print(a:find("(a-)(a-)(a-)b")) --> nil
print(a:find(("a?"):rep(10) .. ("a"):rep(18))) --> 1	18
print((("a"):rep(2000)):find(".-b"), (("ab"):rep(500)):find("^.*a.*c")) --> nil	nil
print(#(("x"):rep(100) .. "\n" .. ("y"):rep(100)):match("^(.-)\n")) --> 100

local a = ("a"):rep(300)
print(a:find(("a?"):rep(199))) --> 1	199
print(pcall(string.find, a, ("a?"):rep(200))) --> false	pattern too complex
print(("b"):find(("a?"):rep(1000))) --> 1	0
print(pcall(string.find, a, ("a-"):rep(200) .. "b")) --> false	pattern too complex
print(pcall(string.find, a, ("a*"):rep(200) .. "b")) --> false	pattern too complex
print(#{ a:find(("(a)"):rep(32) .. ("a?"):rep(135)) }) --> 34
print(pcall(string.find, a, ("(a)"):rep(32) .. ("a?"):rep(136))) --> false	pattern too complex
print(a:match("^" .. ("."):rep(300) .. "$") == a) --> true

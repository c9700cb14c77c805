print(("a.b"):find(".", 1, true), ("a+b"):find("+", 1, true)) --> 2	2	2
print(("a[b"):find("[", 1, true), ("a%b"):find("%", 2, true)) --> 2	2	2
print(("abc"):find("", 2, true), ("abc"):find("", 4, true), ("abc"):find("", 5, true)) --> 2	4	nil
print(("aaab"):find("ab", 1, true), ("abab"):find("ab", 2, true), ("abc"):find("abcd", 1, true)) --> 3	3	nil
print(("a)b]"):find(")b]")) --> 2	4
print((("x"):rep(300) .. "needle"):find("needle")) --> 301	306
print((("n"):rep(3000) .. "needle"):find("needle")) --> 3001	3006
print((("n"):rep(300) .. "needle" .. ("e"):rep(300)):find("needles", 1, true)) --> nil

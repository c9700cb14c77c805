print(string.format("%p", 1), string.format("%p", nil), string.format("%-8p|", true)) --> (null)	(null)	(null)  |
print(string.format("%p", "abc") == string.format("%p", "ab" .. "c"), string.format("%p", "a") == string.format("%p", "b")) --> true	false
print(string.format("%p", ("a"):rep(300)) == string.format("%p", ("a"):rep(300))) --> false
print(string.format("%p", {}) == string.format("%p", {}), string.format("%p", print) == string.format("%p", print)) --> false	true
print(#string.format("%60p", {})) --> 60

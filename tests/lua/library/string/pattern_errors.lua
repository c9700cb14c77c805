print(pcall(string.find, "a", "%")) --> false	malformed pattern (ends with '%')
print(pcall(string.find, "a", "[a")) --> false	malformed pattern (missing ']')
print(pcall(string.find, "a", "[]")) --> false	malformed pattern (missing ']')
print(pcall(string.find, "a", "[^]")) --> false	malformed pattern (missing ']')
print(pcall(string.find, "a", "[a%")) --> false	malformed pattern (missing ']')
print(pcall(string.find, "a", "%b")) --> false	malformed pattern (missing arguments to '%b')
print(pcall(string.find, "a", "%bx")) --> false	malformed pattern (missing arguments to '%b')
print(pcall(string.find, "a", "%f")) --> false	missing '[' after '%f' in pattern
print(pcall(string.find, "a", "%fa")) --> false	missing '[' after '%f' in pattern
print(pcall(string.find, "a", "a+)"), pcall(string.match, "a", "a)")) --> false	false	invalid pattern capture
print(pcall(string.find, "a", "(a")) --> false	unfinished capture
print(pcall(string.find, "a", "%1")) --> false	invalid capture index %1
print(pcall(string.find, "a", "(%1)")) --> false	invalid capture index %1
print(pcall(string.find, "a", "%0")) --> false	invalid capture index %0
print(pcall(string.find, "a", ("()"):rep(33))) --> false	too many captures
print(#{ ("a"):match(("()"):rep(32)) }) --> 32
print(pcall(string.find, "b", "a[x"), pcall(string.find, "b", "a%")) --> true	true	nil
print(pcall(string.gsub, "abc", ".", "%2")) --> false	invalid capture index %2
print(pcall(string.gsub, "abc", "(.", "%1")) --> false	unfinished capture
print(pcall(string.gsub, "abc", "(.", "x")) --> true	xxx	3
print(pcall(string.gsub, "abc", ".", "%")) --> false	invalid use of '%' in replacement string
print(pcall(string.gsub, "abc", ".", "%x")) --> false	invalid use of '%' in replacement string
print(pcall(string.gsub, "abc", ".")) --> false	bad argument #3 to 'string.gsub' (string/function/table expected, got no value)
print(pcall(string.gsub, "abc", ".", true)) --> false	bad argument #3 to 'string.gsub' (string/function/table expected, got boolean)
print(pcall(string.gsub, "abc", ".", "x", "y")) --> false	bad argument #4 to 'string.gsub' (number expected, got string)
print(pcall(string.find, "abc")) --> false	bad argument #2 to 'string.find' (string expected, got no value)
print(pcall(string.match, nil, "x")) --> false	bad argument #1 to 'string.match' (string expected, got nil)
print(pcall(string.find, "abc", "b", "x")) --> false	bad argument #3 to 'string.find' (number expected, got string)

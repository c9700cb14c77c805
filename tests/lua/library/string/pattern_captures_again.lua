print(([[say "it's" now]]):match([[(["'])(.-)%1]])) --> "	it's
print(("abcabc"):match("(abc)%1"), ("abcabd"):match("(abc)%1"), ("aa"):match("()a%1")) --> abc	nil	nil
print(("xx yy zz"):find("(%a)%1 (%a)%2 (%a)%3")) --> 1	8	x	y	z
print(("aXbXa"):match("(a)(X)b%2%1"), (""):match("()%1")) --> a	nil
print((("ab"):rep(200) .. "-" .. ("ab"):rep(200)):find("^([ab]*)%-%1$")) --> 1	801	abababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababab

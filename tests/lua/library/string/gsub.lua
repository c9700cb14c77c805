print(("hello world"):gsub("o", "0")) --> hell0 w0rld	2
print(("hello world"):gsub("o", "0", 1)) --> hell0 world	1
print(("hello"):gsub("", "-")) --> -h-e-l-l-o-	6
print(("hello world"):gsub("(%w+) (%w+)", "%2 %1")) --> world hello	1
print(("abc"):gsub("%w", "%0%0")) --> aabbcc	3
print(("abc"):gsub("%w", "%%"), ("abc"):gsub("b", 7), ("abc"):gsub("b", 1.5)) --> %%%	a7c	a1.5c	1
print(("abc"):gsub("()", "%1")) --> 1a2b3c4	4
print(("abc d"):gsub("%s*", "-")) --> -a-b-c-d-	5
print(("abc"):gsub("x", "y")) --> abc	0
print(("aaa"):gsub("a", "b", 0), ("aaa"):gsub("a", "b", -1), ("aaa"):gsub("a", "b", 99)) --> aaa	aaa	bbb	3
print(("aaa"):gsub("a", "b", 2.0)) --> bba	2
print((string.gsub(121, 1, "x"))) --> x2x
print(("a.b.c"):gsub("%.", "%%2e")) --> a%2eb%2ec	2

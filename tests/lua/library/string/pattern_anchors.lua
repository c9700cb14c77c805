print(("abc"):match("^b"), ("abc"):match("^a"), ("abc"):match("c$"), ("abc"):match("b$")) --> nil	a	c	nil
print(("a^b"):match("a^b"), ("a$b"):match("a$b"), ("$"):match("$$"), ("^"):match("^^")) --> a^b	a$b	$	^
print(("abc"):find("^", 2), ("abc"):find("^b", 2), ("abc"):find("$")) --> 2	2	4	3
print((("aaa"):gsub("^a", "x")), (("aaa"):gsub("a$", "x")), (("aaa"):gsub("^", "x")), (("aaa"):gsub("$", "x"))) --> xaa	aax	xaaa	aaax
print(("a"):match("^a*$"), ("ab"):match("^a*$")) --> a	nil

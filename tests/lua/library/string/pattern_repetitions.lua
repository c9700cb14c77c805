print(("aaab"):match("a*"), ("aaab"):match("a+"), ("aaab"):match("a-b"), ("aaab"):match("a?")) --> aaa	aaa	aaab	a
print(("aaab"):match("a*ab"), ("aaab"):match("a+ab"), ("aaab"):match("^a?a?a?a?ab")) --> aaab	aaab	aaab
print(("baaa"):match("a*") == "", ("baaa"):match("a-") == "", ("baaa"):match("a+")) --> true	true	aaa
print(("<a><b>"):match("<.*>"), ("<a><b>"):match("<.->"), ("<a>"):match("<.->$")) --> <a><b>	<a>	<a>
print(("aXbXc"):match("(.*)X(.*)")) --> aXb	c
print(("aXbXc"):match("(.-)X(.*)")) --> a	bXc
print(("12.5e3"):match("^%d+%.?%d*[eE]?[+-]?%d*$")) --> 12.5e3
print(("a*b"):match("a*b"), ("+"):match("+"), ("*"):match("*"), ("a--b"):match("%-+")) --> b	+	*	--
print(("foo.bar.baz"):match("^(.*)%.(.-)$")) --> foo.bar	baz
print(("xyz"):match("[a-z]*z"), ("xyzz"):match("[xyz]+z"), ("xy"):match("%a?%a?%a?$")) --> xyz	xyzz	xy

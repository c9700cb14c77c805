print(("hello world"):find("wor")) --> 7	9
print(("hello world"):find("o", 6)) --> 8	8
print(("hello world"):find("o", -4), ("hello"):find("l", -100)) --> 8	3	3
print(("hello world"):find("(o)(.)", 6)) --> 8	9	o	r
print(("hello"):find("x"), ("hello"):find("h", 2)) --> nil	nil
print((""):find(""), ("abc"):find("", 4)) --> 1	4	3
print(("abc"):find("", 5), ("abc"):find("", 10)) --> nil	nil
print(("a\0b\0c"):find("\0c"), ("a\0b"):find("%z")) --> 4	2	2
print(("x = 12, y = 34"):find("%d+", 7)) --> 13	14
print(string.find(12345, 34)) --> 3	4

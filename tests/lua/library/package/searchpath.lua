local name = os.tmpname()
print(package.searchpath("x", name) == name) --> true
print(package.searchpath(name, "./nothing/?;?") == name) --> true
print(package.searchpath("a.b", "?.x;y/?/?")) --> nil	no file 'a/b.x'
--> 	no file 'y/a/b/a/b'
print(package.searchpath("a.b", "?.x", "")) --> nil	no file 'a.b.x'
print(package.searchpath("a-b.c", "?.x", "-", "+")) --> nil	no file 'a+b.c.x'
print(package.searchpath("a--b-c", "?", "--", "")) --> nil	no file 'ab-c'
print(package.searchpath("a;b", "?;z")) --> nil	no file 'a'
--> 	no file 'b'
--> 	no file 'z'
print(package.searchpath("x", "")) --> nil	no file ''
os.remove(name)

print(("key = value"):match("^(%w+)%s*=%s*(%w+)$")) --> key	value
print(("key = value"):match("%w+$"), ("  trimmed  "):match("^%s*(.-)%s*$") .. "|") --> value	trimmed|
print(("2026-11-22"):match("(%d+)-(%d+)-(%d+)")) --> 2026	11	22
print(("abc"):match("()b()")) --> 2	3
print(("abc"):match("((a)(b))")) --> ab	a	b
print(("hello"):match("l+", 4), ("hello"):match("x"), ("hello"):match(".", 6), ("hello"):match("", 6) == "") --> l	nil	nil	true
print(("abc"):match("", 7)) --> nil
print(string.match(2^53, "%d+"), string.match(10, "0")) --> 9	0

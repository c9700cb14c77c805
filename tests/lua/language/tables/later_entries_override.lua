local t = {[1] = "a", "b", x = 1, x = 2}
print(t[1], t.x) --> b	2

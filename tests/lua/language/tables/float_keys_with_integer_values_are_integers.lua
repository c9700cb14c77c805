local t = {}
t[1.0] = "one"
t[2 ^ 53] = "big"
print(t[1], t[2 ^ 53 | 0], next({[3.0] = true})) --> one	big	3	true
t[1] = "uno"
print(t[1.0], #t) --> uno	1
t[1.5] = "frac"
print(t[1.5], t[3 / 2]) --> frac	frac

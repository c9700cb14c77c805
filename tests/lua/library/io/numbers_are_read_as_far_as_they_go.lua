local file <close> = io.tmpfile()
file:write("-12.3-\t-0xffff+  .3|5.E-3X +234e+13E 0xDEADBEEFDEADBEEFx 0x1.13Ap+3e")
file:seek("set")
print(file:read("n", 1)) --> -12.3	-
print(file:read("n", 1)) --> -65535	+
print(file:read("n", 1)) --> 0.3	|
print(file:read("n", 1)) --> 0.005	X
print(file:read("n", 1)) --> 2.34e+15	E
print(file:read("n", 1)) --> -2401053088876216593	x
print(file:read("n", "a")) --> 8.61328125	e
print(file:read("n"), file:read("a"), file:read("l"), file:read(0)) --> nil		nil	nil

print(string.len(""), ("abc"):len(), ("a\0b"):len()) --> 0	3	3
print(("abc"):byte(), ("abc"):byte(2), ("abc"):byte(-1), ("abc"):byte(10)) --> 97	98	99
print(("abc"):byte(1, -1)) --> 97	98	99
print(("abc"):byte(0), select("#", ("abc"):byte(3, 2)), ("\255"):byte()) --> nil	0	255
print(pcall(string.len)) --> false	bad argument #1 to 'string.len' (string expected, got no value)

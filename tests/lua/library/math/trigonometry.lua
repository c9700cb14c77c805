print(math.sin(0), math.cos(0), math.tan(0), math.asin(0), math.acos(1), math.atan(0)) --> 0.0	1.0	0.0	0.0	0.0	0.0
print(string.format("%.6f %.6f %.6f", math.sin(1), math.cos(1), math.tan(1))) --> 0.841471 0.540302 1.557408
print(string.format("%.6f %.6f %.6f %.6f", math.asin(1), math.acos(0), math.atan(1), math.atan(1, -1))) --> 1.570796 1.570796 0.785398 2.356194
print(string.format("%.6f %.6f", math.atan(-1, -1), math.atan(0, -1))) --> -2.356194 3.141593
print(math.deg(math.pi), math.rad(180) == math.pi) --> 180.0	true

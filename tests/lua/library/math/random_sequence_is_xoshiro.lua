math.randomseed(42)
print(math.random(100), math.random(100), math.random(100)) --> 50	76	86
print(string.format("%.12f", math.random())) --> 0.617317635958
print(math.random(0)) --> 177101407732369983
math.randomseed(7, 9)
print(math.random(1000000), math.random(-50, 50)) --> 917145	-40

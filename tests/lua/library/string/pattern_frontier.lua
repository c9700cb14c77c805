print(("THE (quick) fox"):find("%f[%a]%a+%f[%A]")) --> 1	3
print(("THE (quick) fox"):match("%f[%l]%a+"), ("foo"):match("%f[%z]()"), ("foo"):match("%f[%a]()")) --> quick	4	1
print((("a bc def"):gsub("%f[%w]%w+", "<%0>")), (("a bc"):gsub("%f[%W]", "|"))) --> <a> <bc> <def>	a| bc|
print(("[x]"):match("%f[x]x%f[^x]()"), (""):find("%f[%z]"), (""):find("%f[%a]")) --> 3	nil	nil

print(type(collectgarbage("count")), collectgarbage(), collectgarbage("collect")) --> number	0	0
print(math.type(collectgarbage("count")), type(collectgarbage("step"))) --> float	boolean
print(collectgarbage("isrunning")) --> true
print(pcall(collectgarbage, "nonsense")) --> false	bad argument #1 to 'collectgarbage' (invalid option 'nonsense')

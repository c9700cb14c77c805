-- coarse
collectgarbage("incremental") -- the reference begins in the other mode
print(collectgarbage("incremental"), collectgarbage("generational"), collectgarbage("incremental"))
--> incremental	incremental	generational
print(collectgarbage("setpause", 100), collectgarbage("setpause", 200)) --> 200	100
print(collectgarbage("setstepmul", 200), collectgarbage("setstepmul", 100)) --> 100	200
print(collectgarbage("stop"), collectgarbage("isrunning"), collectgarbage("restart"), collectgarbage("isrunning"))
--> 0	false	0	true
print(collectgarbage(), collectgarbage("collect"), collectgarbage("step", 100000)) --> 0	0	true
print(pcall(collectgarbage, "nothing")) --> false	bad argument #1 to 'collectgarbage' (invalid option 'nothing')

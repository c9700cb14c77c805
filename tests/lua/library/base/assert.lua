print(assert(1, "unused", 3)) --> 1	unused	3
print(pcall(assert, false)) --> false	assertion failed!
print(pcall(assert, nil, "message")) --> false	message
print(pcall(assert, false, {1}) == false) --> true
print(select(2, pcall(assert, nil, 42))) --> 42
print(pcall(assert)) --> false	bad argument #1 to 'assert' (value expected)
assert(1 == 2, "ends here") --! ends here

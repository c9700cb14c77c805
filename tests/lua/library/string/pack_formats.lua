print(string.packsize(""), string.packsize("  i4 <> = "), string.packsize("bhijlfdnTx")) --> 0	4	52
print(pcall(string.pack, "y")) --> false	invalid format option 'y'
print(pcall(string.pack, "i17", 1)) --> false	integral size (17) out of limits [1,16]
print(pcall(string.pack, "i0", 1)) --> false	integral size (0) out of limits [1,16]
print(pcall(string.pack, "i4")) --> false	bad argument #2 to 'string.pack' (number expected, got nil)
print(pcall(string.pack)) --> false	bad argument #1 to 'string.pack' (string expected, got no value)
print(pcall(string.packsize, "s")) --> false	bad argument #1 to 'string.packsize' (variable-length format)
print(pcall(string.packsize, "z")) --> false	bad argument #1 to 'string.packsize' (variable-length format)
print(pcall(string.packsize, "c2147483647")) --> false	invalid format option '7'
print(pcall(string.packsize, ("c2147483639"):rep(2))) --> false	bad argument #1 to 'string.packsize' (format result too large)
print(string.packsize("b\0not read")) --> 1

local t = {[1] = "number", ["1"] = "string", [true] = "boolean"}
print(t[1], t["1"], t[true], t[false]) --> number	string	boolean	nil

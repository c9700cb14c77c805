print(tonumber("+1Z", 36), tonumber(" -1z ", 36), tonumber("+-1", 10), tonumber("+", 10)) --> 71	-71	nil	nil

local t = {["end"] = 1, ["and"] = 2, goto_ = 3}
print(t["end"], t["and"], t.goto_) --> 1	2	3

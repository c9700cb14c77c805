local fs = {}
for k, v in ipairs({"a", "b"}) do fs[k] = function() v = v .. k return v end end
print(fs[1](), fs[1](), fs[2]()) --> a1	a11	b2

-- differs: which text a failing handler ends with is an implementation's affair
local ok, e = xpcall(error, function() error("again") end, "first")
print(ok) --> false

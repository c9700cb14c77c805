local function all(...)
    local found = {}
    for a, b in string.gmatch(...) do found[#found + 1] = b and a .. "/" .. b or a end
    return table.concat(found, ",")
end
print(all("one two  three", "%a+"), all("k=v, x=y", "(%w+)=(%w+)")) --> one,two,three	k/v,x/y
print(all("abc", ""), all("abc", "()"), all("abc", "b*"), all("aXbX", "()X()")) --> ,,,	1,2,3,4	,b,	2/3,4/5
print(all("10 20 30", "%d+", 3), all("11 21 31", "%d+", -4), all("abc", "%a", 4), all("abc", "%a*", 10) .. "|") --> 20,30	1,31		|
print(all("^a^a", "^a"), all("a$a$", "a$"), all("hello", "l")) --> ^a,^a		l,l
local step = string.gmatch("ab", ".")
print(step(), step()) --> a	b
print(step(), select("#", step())) --> nil	0
print(pcall(string.gmatch)) --> false	bad argument #1 to 'string.gmatch' (string expected, got no value)
print(pcall(string.gmatch, "x")) --> false	bad argument #2 to 'string.gmatch' (string expected, got no value)
print(pcall(string.gmatch("x", "["))) --> false	malformed pattern (missing ']')

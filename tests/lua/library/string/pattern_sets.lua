local function all(set)
    local found = {}
    for i = 32, 126 do
        local c = string.char(i)
        if c:find(set) then found[#found + 1] = c end
    end
    return table.concat(found)
end
print(all("[a-e]"), all("[%dabc]"), all("[x-z0-2]")) --> abcde	0123456789abc	012xyz
print(all("[]]"), all("[]a]"), all("[a-]"), all("[-a]"), all("[%-a]")) --> ]	]a	-a	-a	-a
print(all("[^%w%p]") == " ", all("[^]!-~]") == " ") --> true	true
print(all("[%a-z]"):sub(1, 3), all("[+--]")) --> -AB	+,-
print(all("[a^]"), all("[%^a]"), all("[.]"), all("[%]]")) --> ^a	^a	.	]
print(all("[z-a]") == "", all("[a-%%]")) --> true	]
print(("[x]"):match("[[]x[]]")) --> [x]

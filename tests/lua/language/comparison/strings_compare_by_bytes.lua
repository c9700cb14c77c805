print("a" < "b", "a" < "B", "" < "a", "abc" < "abd", "ab" < "abc", "Z" < "a") --> true	false	true	true	true	true
print("a\0b" < "a\0c", "a\0" > "a", "10" < "9") --> true	true	true
print("a" <= "a", "b" >= "a", "a" == "a", "a" ~= "b") --> true	true	true	true

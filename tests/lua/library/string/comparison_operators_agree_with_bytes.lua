local words = {"pear", "Apple", "apple", "", "a", "\u{E9}", "z"}
table.sort(words)
print(table.concat(words, ",")) --> ,Apple,a,apple,pear,z,é

local s = "\300" --! syntax decimal escape too large near '"\300"'

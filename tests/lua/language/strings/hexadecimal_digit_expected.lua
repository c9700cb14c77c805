local s = "\xZZ" --! syntax hexadecimal digit expected near '"\xZ'

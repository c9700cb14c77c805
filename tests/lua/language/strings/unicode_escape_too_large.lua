local s = "\u{80000000}" --! syntax UTF-8 value too large near '"\u{80000000'

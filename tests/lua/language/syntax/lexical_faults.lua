local sources = {
    "x = 'abc", "x = 'abc\n'", "x = [[abc\n", "\n--[==[ abc \n ]]", "x = [=a", "x = '\\q'", "x = '\\xg'", "x = '\\x1g'",
    "x = '\\300'", "x = '\\u{110000000}'", "x = '\\u{zz}'", "x = '\\u{12'", "x = '\\u12'", "x = '\\u{}'", "x = 'ab\\",
    "x = 1e", "x = 0x", "x = 3x", "x = 1..2", "x = 1.2.3", "x = 0x1.8pz", "x = 3_", "x = .5.5",
}
for _, source in ipairs(sources) do
    print(select(2, load(source, "=s")))
    --> s:1: unfinished string near <eof>
    --> s:1: unfinished string near ''abc'
    --> s:2: unfinished long string (starting at line 1) near <eof>
    --> s:3: unfinished long comment (starting at line 2) near <eof>
    --> s:1: invalid long string delimiter near '[='
    --> s:1: invalid escape sequence near ''\q'
    --> s:1: hexadecimal digit expected near ''\xg'
    --> s:1: hexadecimal digit expected near ''\x1g'
    --> s:1: decimal escape too large near ''\300''
    --> s:1: UTF-8 value too large near ''\u{110000000'
    --> s:1: hexadecimal digit expected near ''\u{z'
    --> s:1: missing '}' near ''\u{12''
    --> s:1: missing '{' near ''\u1'
    --> s:1: hexadecimal digit expected near ''\u{}'
    --> s:1: unfinished string near <eof>
    --> s:1: malformed number near '1e'
    --> s:1: malformed number near '0x'
    --> s:1: malformed number near '3x'
    --> s:1: malformed number near '1..2'
    --> s:1: malformed number near '1.2.3'
    --> s:1: malformed number near '0x1.8pz'
    --> s:1: malformed number near '3_'
    --> s:1: malformed number near '.5.5'
end

print("a\tb", "q\"q", 'q\'q', "back\\slash") --> a	b	q"q	q'q	back\slash
local joined = "\z
       joined"
local line_break = "\
"
print("\65\066\x41\u{41}\u{48}", joined) --> ABAAH	joined
print(#"\a\b\f\n\r\t\v\0", line_break == "\n") --> 8	true
print(("\a\b\f\n\r\t\v\0"):byte(1, -1)) --> 7	8	12	10	13	9	11	0
print(#"\u{7FFFFFFF}", #"\u{10FFFF}", #"\u{7FF}", #"\u{800}") --> 6	4	2	3

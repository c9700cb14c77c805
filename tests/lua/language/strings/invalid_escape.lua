print("unreached")
local s = "a\qb" --! syntax invalid escape sequence near '"a\q'

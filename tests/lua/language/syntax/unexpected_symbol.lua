print("x")
local a = = 1 --! syntax unexpected symbol near '='

-- The name of a chunk is text as C has it, which ends at its first zero byte.
print(select(2, load("x\0y"))) --> [string "x"]:1: syntax error
print(select(2, load("x", "=a\0b"))) --> a:1: syntax error near <eof>

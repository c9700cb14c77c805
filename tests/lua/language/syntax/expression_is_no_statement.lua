local x = 1
x + 1 --! syntax syntax error near '+'

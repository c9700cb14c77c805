print("x") = 1 --! syntax syntax error near '='

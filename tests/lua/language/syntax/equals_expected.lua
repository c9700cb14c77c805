local t = {}
t.a.b --! syntax syntax error near <eof>
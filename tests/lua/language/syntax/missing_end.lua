if true then
  print("x") --! syntax 'end' expected (to close 'if' at line 1) near <eof>
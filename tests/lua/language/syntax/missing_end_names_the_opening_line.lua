do
  while true do
    print("x")
  until true --! syntax 'end' expected (to close 'while' at line 2) near 'until'
end

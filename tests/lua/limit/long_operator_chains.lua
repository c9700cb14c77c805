local one = 1
print(one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one --> 400
  + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one
  + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one
  + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one
  + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one
  + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one
  + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one
  + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one
  + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one
  + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one
  + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one
  + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one
  + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one
  + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one
  + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one
  + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one
  + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one
  + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one
  + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one
  + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one + one)
print(#("x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" --> 100
  .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x"
  .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x"
  .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x"
  .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x"
  .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x"
  .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x"
  .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x"
  .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x"
  .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x" .. "x"))
print(one and one and one and one and one and one and one and one and one and one and one and one and one and one and one and one and one and one and one and one and one and one and one and one and one and one and one and one and one and one) --> 1
print(not not not not not not not not not not not not not not not not not not not not one, - - - - - - - - - - - - - - - - - - - - one) --> true	1

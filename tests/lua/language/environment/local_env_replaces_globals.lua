local print = print
do
  local _ENV = {a = 1}
  a = a + 1
  b = "b"
  print(a, b, _ENV.a) --> 2	b	2
end
print(a, b) --> nil	nil

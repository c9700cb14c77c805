print(tostring(nil), tostring(true), tostring(1), tostring(1.0), tostring("s"), tostring(-0.0)) --> nil	true	1	1.0	s	-0.0
print(tostring(1e15), tostring(2 ^ 63), tostring(1 / 0), tostring(-1 / 0), tostring(math.mininteger)) --> 1e+15	9.2233720368548e+18	inf	-inf	-9223372036854775808
print(type(tostring({})), tostring({}) ~= tostring({}), tostring(print):sub(1, 9)) --> string	true	function:
print(tostring({}):sub(1, 6), tostring(coroutine.create(print)):sub(1, 7)) --> table:	thread:
print(pcall(tostring)) --> false	bad argument #1 to 'tostring' (value expected)

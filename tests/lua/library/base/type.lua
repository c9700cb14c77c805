print(type(nil), type(1), type("x"), type({}), type(print), type(function() end), type(true)) --> nil	number	string	table	function	function	boolean
print(type(coroutine.create(print))) --> thread
print(pcall(type)) --> false	bad argument #1 to 'type' (value expected)

print(pcall(error, "plain")) --> false	plain
print(pcall(function() error("with position") end)) --> false	error_adds_a_position.lua:2: with position
print(pcall(function() error("level one", 1) end)) --> false	error_adds_a_position.lua:3: level one
print(pcall(function() error("level zero", 0) end)) --> false	level zero
error("uncaught") --! uncaught

local pcall, print = pcall, print
print(pcall(function() local _ENV; return x end)) --> false	nil_env_is_an_error.lua:2: attempt to index a nil value (local '_ENV')
print(pcall(function() local _ENV = nil; y = 1 end)) --> false	nil_env_is_an_error.lua:3: attempt to index a nil value (local '_ENV')
print(pcall(function() local _ENV = 5; return x.y end)) --> false	nil_env_is_an_error.lua:4: attempt to index a number value (local '_ENV')

print(pcall(function() --> false	close_without_metamethod_is_an_error.lua:2: variable 'x' got a non-closable value
  local x <close> = {}
end))
local y <close> = 42 --! variable 'y' got a non-closable value

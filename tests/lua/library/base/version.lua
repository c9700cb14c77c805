print(_VERSION, type(_G)) --> Lua 5.4	table

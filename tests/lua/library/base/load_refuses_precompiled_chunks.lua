-- differs: there is no bytecode to load, so that the end of the message is another
print(load("\27Lua")) --> nil	binary string: bad binary format (precompiled chunks are not supported)
print(load("\27Lua", "=n", "b")) --> nil	n: bad binary format (precompiled chunks are not supported)

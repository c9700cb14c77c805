local function reader(...)
  local pieces, at = {...}, 0
  return function()
    at = at + 1
    return pieces[at]
  end
end
print(load(reader("ret", "urn ", 4, 2))()) --> 42
print(load(reader("return 1", "", " + nonsense"))()) --> 1
print(load(reader())()) -->
print(load(reader("x =", "="))) --> nil	(load):1: syntax error near '=='
print(load(reader("x ="), "=n")) --> nil	n:1: unexpected symbol near <eof>
-- What goes wrong in the reader is what `load` returns.
print(pcall(load, reader({}))) --> true	nil	reader function must return a string
print(pcall(load, function() error("broken", 0) end)) --> true	nil	broken
print(pcall(load, function() error() end)) --> true	nil	nil

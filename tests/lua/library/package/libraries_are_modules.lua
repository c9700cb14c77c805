for _, name in ipairs {"_G", "coroutine", "table", "string", "math", "utf8", "io", "os", "package"} do
  assert(require(name) == _G[name] and package.loaded[name] == _G[name], name)
end
print(package.config == "/\n;\n?\n!\n-\n") --> true
print(#package.searchers, type(package.path), type(package.cpath)) --> 4	string	string

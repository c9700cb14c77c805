local preload, loaded = package.preload, package.loaded
preload.nothing = function() end
print(require("nothing")) --> true	:preload:
preload.own = function(name) loaded[name] = "own" end
print(require("own")) --> own	:preload:
preload.both = function(name) loaded[name] = "own" return "returned" end
print(require("both")) --> returned	:preload:
preload.off = function() return false end
print(require("off")) --> false	:preload:
print(loaded.off, (require("off"))) --> false	false
preload.fails = function(...) error("no " .. ..., 0) end
print(pcall(require, "fails")) --> false	no fails
print(loaded.fails) --> nil

package.path = nil
print(pcall(require, "x")) --> false	'package.path' must be a string
package.path = ""
package.cpath = {}
print(pcall(require, "x")) --> false	'package.cpath' must be a string

-- An item that the array took in while it grew for the one before it went out of sight.
local list = {}
list[1] = "a"
list[4] = "d"
list[2] = "b"
list[3] = "c"
print(#list, list[4]) --> 4	d
local seen = {}
for at, item in pairs(list) do
  seen[#seen + 1] = at .. item
end
print(table.concat(seen, " ")) --> 1a 2b 3c 4d

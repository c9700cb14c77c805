-- A list of which half was cleared, when it is moved to the entries: its length was no border.
local list = {}
for at = 1, 4096 do
  list[at] = at
end
for at = 1, 948 do
  list[at] = nil
end
for at = 2996, 4095 do
  list[at] = nil
end
list[4097] = 4097
local border = #list
print(border == 0 or list[border] ~= nil, list[border + 1]) --> true	nil
local count = 0
for at, item in pairs(list) do
  assert(at == item)
  count = count + 1
end
print(count) --> 2049

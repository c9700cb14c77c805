-- coarse
local list, kept = setmetatable({}, { __mode = "v" }), {}
for i = 1, 10 do
    kept[i] = { i }
    list[i] = kept[i]
end
collectgarbage()
print(#list, list[10][1]) --> 10	10
table.insert(list, "end")
table.insert(list, 1, "begin")
print(#list, list[1], list[12], list[2][1]) --> 12	begin	end	1
print(table.remove(list), table.remove(list, 1), #list) --> end	begin	10
table.sort(list, function(a, b) return a[1] > b[1] end)
print(list[1][1], list[10][1], select("#", table.unpack(list))) --> 10	1	10
for i, value in ipairs(list) do
    assert(value[1] == 11 - i)
end
list[10] = nil
print(#list, rawlen(list), rawget(list, 9)[1]) --> 9	9	2

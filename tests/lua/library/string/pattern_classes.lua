local all = {}
for i = 0, 255 do all[#all + 1] = string.char(i) end
all = table.concat(all)
local function count(class) return select(2, all:gsub(class, "")) end
print(count("%a"), count("%c"), count("%d"), count("%g"), count("%l"), count("%p")) --> 52	33	10	94	26	32
print(count("%s"), count("%u"), count("%w"), count("%x"), count("%z"), count(".")) --> 6	26	62	22	1	256
print(count("%A"), count("%C"), count("%D"), count("%G"), count("%L"), count("%P")) --> 204	223	246	162	230	224
print(count("%S"), count("%U"), count("%W"), count("%X"), count("%Z")) --> 250	230	194	234	255
print(("é"):match("%a"), ("é"):match("%u"), #("é"):match("%A+")) --> nil	nil	2
print(("a%b"):match("%%"), ("a.b"):match("%."), ("a\\b"):match("%\\")) --> %	.	\

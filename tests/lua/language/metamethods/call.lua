local t = setmetatable({name = "t"}, {__call = function(self, a, b, ...) return self.name, a, b, select("#", ...) end})
print(t(1, 2, 3, 4)) --> t	1	2	2
print(t()) --> t	nil	nil	0
print(pcall(t, "x")) --> true	t	x	nil	0
print(select(2, t("only"))) --> only	nil	0

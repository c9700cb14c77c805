local function sign(n)
  if n < 0 then return "minus"
  elseif n == 0 then return "zero"
  elseif n == 1 then return "one"
  else return "plus" end
end
print(sign(-5), sign(0), sign(1), sign(7)) --> minus	zero	one	plus
if nil then print("never") end
if 0 then print("zero is true") end --> zero is true

local function f(x) return type(x) == "table" and x[1] or x end
print(f"text", f'single', f[[long]], f{"table"}) --> text	single	long	table
print(("x"):rep(2, "-"), #f"abc") --> x-x	3

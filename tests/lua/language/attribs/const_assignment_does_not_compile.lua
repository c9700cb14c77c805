local x <const> = 1
print(x)
x = 2 --! syntax attempt to assign to const variable 'x'

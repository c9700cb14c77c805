return 1
print("x") --! syntax <eof> expected near 'print'

print(1 | 2 ~ 3 & 4) --> 3
print(1 << 2 + 1, 3 & 2 == 2, 1 | 2 < 4) --> 8	true	true
print(~1 & 3, -1 & 0xFF) --> 2	255

print(string.format("%a %A", 1, 0.5)) --> 0x1p+0 0X1P-1
print(string.format("%a %a %a", 255.5, -0.1, 0)) --> 0x1.ffp+7 -0x1.999999999999ap-4 0x0p+0
print(string.format("%.2a %.0a", 1.999, 1.5)) --> 0x2.00p+0 0x2p+0

print(0, 42, 007, 3.0, 3., .5, 1e2, 1E+2, 1e-2, 5.0e0) --> 0	42	7	3.0	3.0	0.5	100.0	100.0	0.01	5.0
print(0xff, 0XA, 0x.8, 0xA.8p1, 0x1p4, 0x1P-2, 0xffp0) --> 255	10	0.5	21.0	16.0	0.25	255.0
print(math.type(1), math.type(1.0), math.type(1e0), math.type(0x10), math.type(0x1p0)) --> integer	float	float	integer	float

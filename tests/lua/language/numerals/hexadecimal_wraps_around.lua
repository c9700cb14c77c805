print(0xffffffffffffffff, 0x8000000000000000, 0x1ffffffffffffffff, 0x7fffffffffffffff) --> -1	-9223372036854775808	-1	9223372036854775807

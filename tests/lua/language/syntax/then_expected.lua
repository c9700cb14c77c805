if true print(1) end --! syntax 'then' expected near 'print'

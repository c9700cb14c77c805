goto 1 --! syntax <name> expected near '1'

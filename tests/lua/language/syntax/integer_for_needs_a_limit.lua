for i = 1 do end --! syntax ',' expected near 'do'

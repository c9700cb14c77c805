local x <final> = 1 --! syntax unknown attribute 'final'

local x = 1 $ 2 --! syntax unexpected symbol near '$'

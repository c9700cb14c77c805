local a = 0xg --! syntax malformed number near '0xg'

local a = 3x --! syntax malformed number near '3x'

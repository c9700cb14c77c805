local a = 1e+ --! syntax malformed number near '1e+'

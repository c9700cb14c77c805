print(1 + (2 * 3)
local x = 1 --! syntax ')' expected (to close '(' at line 1) near 'local'

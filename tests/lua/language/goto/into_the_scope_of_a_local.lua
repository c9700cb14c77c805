goto later
local x = 1
::later::
print(x) --! syntax <goto later> at line 1 jumps into the scope of local 'x'

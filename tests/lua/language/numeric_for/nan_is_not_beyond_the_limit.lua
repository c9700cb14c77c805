-- What is not a number is neither less nor greater than the limit, so a loop over floats runs once.
local nan = 0 / 0
for i = 1.0, nan do print(i) end --> 1.0
for i = 2.0, nan, -1 do print(i) end --> 2.0
for i = nan, 3 do print(i ~= i) end --> true
-- Among integers there is nothing up to it.
for i = 1, nan do print(i) end

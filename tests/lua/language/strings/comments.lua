-- a line
--[[ a
block ]] print("after a block") --> after a block
--[==[ ]] still
]==] print("after a level two block") --> after a level two block
---[[ not a block
print("runs") --> runs
--]]
print(1 --[[ inside ]] + 2) --> 3
--
print("end") --> end

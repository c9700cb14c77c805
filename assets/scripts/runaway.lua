-- The mistake that every game has once. It costs its slice of instructions in each frame and nothing else.
while true do end

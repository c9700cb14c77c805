print(os.date("!%Y", 1 << 40)) --> 36812
local text = os.date("!%Y", 67768036191676800) --! date result cannot be represented in this installation

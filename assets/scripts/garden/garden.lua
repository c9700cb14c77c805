-- The garden itself: it plants, lets loose, and has a word about it now and then.
world:component("Energy", { points = 10.0 })

local burrow = world:spawn { name = "burrow", Place = { x = 8, y = 4 }, Looks = { letter = "O" } }
local den = world:spawn { name = "den", Place = { x = 40, y = 10 }, Looks = { letter = "A" } }

local function plant(x, y)
    world:spawn {
        Place = { x = x, y = y },
        Looks = { letter = "," },
        Behaviour = { script = "scripts/garden/grass.lua" },
    }
end

local function loose(home, letter, script, points)
    world:spawn {
        parent = home,
        Place = { x = home.Place.x, y = home.Place.y },
        Looks = { letter = letter },
        Energy = { points = points },
        Behaviour = { script = script },
    }
end

for _ = 1, 24 do plant(math.random(0, 47), math.random(0, 13)) end
for _ = 1, 6 do loose(burrow, "r", "scripts/garden/rabbit.lua", 8) end
for _ = 1, 2 do loose(den, "f", "scripts/garden/fox.lua", 12) end

-- Animals that have eaten enough ask for company.
on("Born", function(parent)
    local home = parent:parent()
    local is_fox = home == den
    loose(home, is_fox and "f" or "r", "scripts/garden/" .. (is_fox and "fox" or "rabbit") .. ".lua", 6)
end)

-- Seeds come with the wind, so that no garden stays bare.
task.every(0.5, function()
    if world:query("Looks", { without = "Energy" }):count() < 60 then plant(math.random(0, 47), math.random(0, 13)) end
end)

while true do
    print(("%d rabbits, %d foxes, eaten so far: %d"):format(#burrow:children(), #den:children(), eaten()))
    wait(2)
    if #burrow:children() < 3 then loose(burrow, "r", "scripts/garden/rabbit.lua", 8) end
    if #den:children() == 0 then loose(den, "f", "scripts/garden/fox.lua", 12) end
end

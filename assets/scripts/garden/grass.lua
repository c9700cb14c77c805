-- Grass grows beside itself until somebody eats it.
on("Eaten", function() self:despawn() end)

local look = self.Looks
for _, letter in ipairs { ",", ";", "\"" } do
    look.letter = letter
    wait(1 + 2 * math.random())
end
while true do
    wait(3 + 4 * math.random())
    if world:query("Looks", { without = "Energy" }):count() < 80 then
        local here = self.Place
        world:spawn {
            Place = { x = here.x + math.random(-2, 2), y = here.y + math.random(-1, 1) },
            Looks = { letter = "," },
            Behaviour = { script = "scripts/garden/grass.lua" },
        }
    end
end

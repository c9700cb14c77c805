-- A rabbit eats grass, runs from foxes, and has young when it is full.
local here, energy = self.Place, self.Energy
local speed = 5

on("Eaten", function() self:despawn() end)

local function step(target, away)
    local d = vec2(target.Place.x - here.x, target.Place.y - here.y):normalize() * (speed * time.delta * away)
    here.x, here.y = here.x + d.x, here.y + d.y
end

-- Hunger runs beside everything else.
task.every(1, function()
    energy.points = energy.points - 0.6
    if energy.points <= 0 then self:despawn() end
end)

while true do
    local fox = nearest(self, "f", 7)
    local grass = not fox and (nearest(self, "\"", 60) or nearest(self, ";", 60))
    if fox then
        step(fox, -1)
    elseif grass then
        step(grass, 1)
        if vec2(grass.Place.x - here.x, grass.Place.y - here.y):length() < 0.7 then
            grass:trigger("Eaten", { by = self })
            energy.points = energy.points + 2
            wait(0.6)
        end
    end
    if energy.points > 14 then
        energy.points = energy.points - 7
        world:find("garden"):send("Born", self)
    end
    wait()
end

-- A fox hunts when it is hungry and sleeps when it is not; a chase that takes too long is given up.
local here, energy = self.Place, self.Energy

local function chase(rabbit)
    while rabbit.alive do
        local d = vec2(rabbit.Place.x - here.x, rabbit.Place.y - here.y)
        if d:length() < 0.9 then
            rabbit:trigger("Eaten", { by = self })
            energy.points = energy.points + 5
            return true
        end
        d = d:normalize() * (6.5 * time.delta)
        here.x, here.y = here.x + d.x, here.y + d.y
        wait()
    end
end

task.every(1, function()
    energy.points = energy.points - 0.5
    if energy.points <= 0 then self:despawn() end
end)

while true do
    local rabbit = energy.points < 14 and nearest(self, "r", 16)
    if rabbit then
        task.timeout(3, chase, rabbit)
    else
        here.x, here.y = here.x + math.random(-1, 1), here.y + math.random(-1, 1)
    end
    if energy.points > 16 then
        energy.points = energy.points - 9
        world:find("garden"):send("Born", self)
    end
    wait(0.3)
end

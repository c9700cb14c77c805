-- Walks its round and drives the wolf away when it comes near.
local corners = { { 6, 2 }, { 41, 2 }, { 41, 11 }, { 6, 11 } }
local place, actor, sight = self.Place, self.Actor, self.Sight

-- Takes a frame's step towards a point. Whether it has arrived.
local function step(x, y, speed)
    local dx, dy = x - place.x, y - place.y
    local far = math.sqrt(dx * dx + dy * dy)
    if far < 0.5 then return true end
    local part = math.min(1, speed * time.delta / far)
    place.x, place.y = place.x + dx * part, place.y + dy * part
    return false
end

local function chase()
    actor.mood = "Halt, wolf!"
    while sight.prey_distance < 9 do
        step(sight.prey.Place.x, sight.prey.Place.y, params.speed * 1.6)
        wait()
    end
    actor.mood = "catches breath"
    wait(1)
end

while true do
    for _, corner in ipairs(corners) do
        actor.mood = "patrols"
        while not step(corner[1], corner[2], params.speed) do
            wait()
            if sight.prey_distance < 6 then
                chase()
                actor.mood = "back on the round"
            end
        end
        actor.mood = "looks around"
        wait(0.7)
    end
end

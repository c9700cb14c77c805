-- Hops and nibbles; runs when the wolf is near.
local place, actor, sight = self.Place, self.Actor, self.Sight

local function hop(dx, dy, speed)
    local far = math.sqrt(dx * dx + dy * dy)
    if far > 0 then
        place.x = place.x + dx / far * speed * time.delta
        place.y = place.y + dy / far * speed * time.delta
    end
end

local function flee()
    actor.mood = "flees!"
    while sight.threat_distance < 8 do
        local wolf = sight.threat.Place
        hop(place.x - wolf.x, (place.y - wolf.y) * 2, params.speed * 2)
        wait()
    end
    actor.mood = "trembles"
    wait(1)
end

while true do
    actor.mood = "nibbles"
    local rest = math.random() * 2
    while rest > 0 and sight.threat_distance > 5 do
        rest = rest - wait()
    end

    actor.mood = "hops"
    local angle, hops = math.random() * 2 * math.pi, math.random(5, 20)
    while hops > 0 and sight.threat_distance > 5 do
        hop(math.cos(angle), math.sin(angle) / 2, params.speed)
        hops = hops - 1
        wait()
    end

    if sight.threat_distance <= 5 then flee() end
end

-- Stalks the nearest rabbit, sleeps after a meal, and keeps away from the guard.
local place, actor, sight = self.Place, self.Actor, self.Sight
state.meals = state.meals or 0 -- survives when this file is edited while the game runs

local function move(dx, dy, speed)
    local far = math.sqrt(dx * dx + dy * dy)
    if far > 0 then
        local part = math.min(1, speed * time.delta / far)
        place.x, place.y = place.x + dx * part, place.y + dy * part
    end
end

while true do
    if sight.threat_distance < 7 then
        actor.mood = "slinks away"
        local guard = sight.threat.Place
        move((place.x - guard.x) * 9, (place.y - guard.y) * 9, params.speed * 1.3)
    elseif sight.prey_distance < 1 then
        sight.prey:despawn()
        state.meals = state.meals + 1
        print("The wolf has had a rabbit; that makes " .. state.meals .. ".")
        actor.mood = "sleeps"
        wait(4)
    elseif sight.prey_distance < 100 then
        local close = sight.prey_distance < 10
        actor.mood = close and "chases" or "stalks"
        move(sight.prey.Place.x - place.x, sight.prey.Place.y - place.y, close and params.speed * 1.9 or params.speed)
    else
        actor.mood = "sniffs around"
    end
    wait()
end

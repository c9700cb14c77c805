-- Drifts to the right for ever and counts its turns.
local speed = params.speed or 1
local place, drift = self.Transform.translation, self.Drift

while true do
    place.x = place.x + speed * time.delta
    drift.turns = drift.turns + 1
    wait()
end

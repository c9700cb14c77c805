//! The same scripts with the same input make the same world, in every run and every build.

use bevy::prelude::*;
use deimos::Behaviour;
use deimos::testing::TestApp;

#[derive(Component, Reflect, Clone, Default)]
#[reflect(Component, Default)]
struct Agent {
    energy: f32,
    score: i64,
    friends: Vec<Entity>,
    log: String,
}

#[derive(Event, Reflect, Clone, Default)]
#[reflect(Event, Default)]
struct Pulse {
    strength: f32,
}

/// What each of the behaviours does: all that could depend on an order or a clock.
const AGENT: &str = "
local me = self.Agent
local bag = {}
on('Pulse', function(p) me.energy = me.energy + p.strength  me.score = me.score + 1 end)
on('Gift', function(from, n) me.score = me.score + n  if #me.friends < 8 then me.friends:push(from) end end)
task.every(0.25, function() me.energy = me.energy * 0.99 end)
while true do
  local t = self.Transform
  t.translation = t.translation + vec3(math.sin(time.elapsed + params.n), math.random() - 0.5, 0) * time.delta
  bag['k' .. (params.n * 7 + time.frame) % 13] = time.frame
  for k, v in pairs(bag) do me.score = me.score * 31 % 1000003 + #k + v end
  if params.n % 50 == time.frame % 50 then
    local best, who = -1, nil
    for e, other in world:query('Agent') do
      if other.energy > best and e ~= self then best, who = other.energy, e end
    end
    if who then who:send('Gift', self, math.random(10)) end
    world:trigger('Pulse', {strength = math.random()})
    world:spawn{Agent = {energy = best / 2, log = 'child of ' .. params.n}}
  end
  if params.n % 97 == 3 and time.frame > 60 then self:despawn() end
  local how = math.random(4)
  if how == 1 then wait() elseif how == 2 then wait(math.random() / 10) elseif how == 3 then wait_frames(2)
  else task.timeout(0.05, function() wait(math.random() / 5) end) end
end";

/// A sum over all that scripts have made, without the entities' numbers, which depend on what else is in the world.
fn digest(app: &mut TestApp) -> u64 {
    let mut sum = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |bytes: &[u8]| {
        for byte in bytes {
            sum = (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    let mut query = app.world().query::<(Entity, &Agent, Option<&Transform>)>();
    let mut agents: Vec<_> = query.iter(app.world()).collect();
    agents.sort_by_key(|(entity, _, _)| entity.index());
    for (_, agent, transform) in agents {
        add(&agent.energy.to_le_bytes());
        add(&agent.score.to_le_bytes());
        add(agent.log.as_bytes());
        add(&agent.friends.len().to_le_bytes());
        if let Some(transform) = transform {
            transform.translation.to_array().iter().for_each(|part| add(&part.to_le_bytes()));
        }
    }
    sum
}

fn run(behaviours: i32, frames: usize) -> u64 {
    let mut app = TestApp::new();
    let script = app.script("agent.lua", AGENT);
    for n in 0..behaviours {
        app.world().spawn((Transform::default(), Agent::default(), Behaviour::new(script.clone()).with("n", n)));
    }
    app.frames(frames);
    assert!(app.errors().is_empty(), "{:?}", app.errors().first());
    digest(&mut app)
}

#[test]
fn world_is_the_same_in_every_run_and_every_build() {
    let first = run(500, 120);
    assert_eq!(first, run(500, 120));
    assert_eq!(first, 7_337_917_579_003_900_257, "the sum that every build and machine must come to");
}

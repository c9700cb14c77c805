//! The same scripts with the same input make the same world: in every run and every build, however the collector works.
//!
//! All the worlds here come to one sum, which stands below. A change of what scripts do on purpose, such as another
//! sequence of random numbers, changes it: then the message of the failing test says the new one. Builds with and without
//! optimisation must come to the same.

use bevy::prelude::*;
use deimos::testing::TestApp;
use deimos::{Behaviour, BehaviourStatus, DeimosSettings, LuaComponents, Scripts, WaitingFor};

const BEHAVIOURS: i32 = 500;
const FRAMES: usize = 2000;

/// What every run must come to. (No sine is in it: that differs in its last bit from one C library to the next.)
const SUM: u64 = 6_713_164_189_452_658_545;

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
world:component('Temper', {level = 0.0, at = vec3(0, 0, 0), notes = {}})
self.Temper = {level = params.n / 7}
local me, temper = self.Agent, self.Temper
local bag, child = {}, nil
on('Pulse', function(p) me.energy = me.energy + p.strength  me.score = me.score + 1 end)
on('Gift', function(from, n) me.score = me.score + n  if #me.friends < 8 then me.friends:push(from) end end)
task.every(4, function() me.energy = me.energy * 0.99  temper.notes['f' .. time.frame % 5] = tostring(me.energy) end)
while true do
  local t = self.Transform
  t.translation = t.translation + vec3((time.elapsed + params.n) % 1, math.random() - 0.5, 0) * time.delta
  temper.at = t.translation * temper.level
  bag['k' .. (params.n * 7 + time.frame) % 13] = time.frame
  for k, v in pairs(bag) do me.score = me.score * 31 % 1000003 + #k + v end
  local what = math.random(300)
  if what == 1 then
    local best, who = -1, nil
    for e, other in world:query('Agent') do
      if other.energy > best and e ~= self then best, who = other.energy, e end
    end
    if who then who:send('Gift', self, math.random(10)) end
    if child then child:despawn() end
    child = world:spawn{Agent = {energy = best / 2, log = 'child of ' .. params.n}}
  elseif what == 4 then
    world:trigger('Pulse', {strength = math.random()})
  end
  if params.n % 97 == 3 and time.frame > 60 then self:despawn() end
  local how = math.random(4)
  if how == 1 then wait_frames(math.random(60)) elseif how == 2 then wait(math.random() * 2)
  elseif how == 3 then task.timeout(0.4, function() wait(math.random()) end)
  else task.join(spawn(function() wait_frames(25)  state.turns = (state.turns or 0) + 1 end))  me.score = me.score + state.turns end
end";

/// A sum over all that scripts have made, without the entities' numbers, which depend on what else is in the world.
fn digest(app: &mut TestApp) -> u64 {
    let mut sum = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |bytes: &[u8]| {
        for byte in bytes {
            sum = (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    let mut query = app.world().query_filtered::<Entity, With<Agent>>();
    let mut agents: Vec<Entity> = query.iter(app.world()).collect();
    agents.sort_by_key(|entity| entity.index());
    let world: &World = app.world();
    for agent in agents {
        let found = world.entity(agent);
        if let Some(agent) = found.get::<Agent>() {
            add(&agent.energy.to_le_bytes());
            add(&agent.score.to_le_bytes());
            add(agent.log.as_bytes());
            add(&(agent.friends.len() as u64).to_le_bytes());
        }
        if let Some(transform) = found.get::<Transform>() {
            transform.translation.to_array().iter().for_each(|part| add(&part.to_le_bytes()));
        }
        if let Some(BehaviourStatus::Waiting(WaitingFor::Time { until })) = found.get::<BehaviourStatus>() {
            add(&until.as_nanos().to_le_bytes());
        }
        if let Some(temper) = world.resource::<LuaComponents>().get(found, "Temper") {
            add(format!("{temper:?}").as_bytes());
        }
    }
    sum
}

/// The sum of a new app's world after all frames; `between` is called between any two of them.
fn run(settings: DeimosSettings, mut between: impl FnMut(usize, &mut TestApp)) -> u64 {
    let mut app = TestApp::with_settings(settings);
    let script = app.script("agent.lua", AGENT);
    for n in 0..BEHAVIOURS {
        app.world().spawn((Transform::default(), Agent::default(), Behaviour::new(script.clone()).with("n", n)));
    }
    for frame in 0..FRAMES {
        app.frame();
        between(frame, &mut app);
    }
    assert!(app.errors().is_empty(), "{:?}", app.errors().first());
    digest(&mut app)
}

fn at_pace(gc_work: u32) -> DeimosSettings {
    DeimosSettings { gc_work, ..DeimosSettings::default() }
}

#[test]
fn world_is_the_same_in_every_run_and_every_build() {
    assert_eq!(run(DeimosSettings::default(), |_, _| {}), SUM);
}

#[test]
fn world_is_the_same_however_much_the_collector_does_in_a_frame() {
    assert_eq!(run(at_pace(100), |_, _| {}), SUM);
}

#[test]
fn world_is_the_same_however_often_all_garbage_is_collected() {
    let sum = run(at_pace(0), |frame, app| {
        if frame % 23 == 0 {
            app.world().non_send_mut::<Scripts>().lua().collect_full();
        }
    });
    assert_eq!(sum, SUM);
}

#[test]
fn world_is_the_same_with_other_slices_that_nobody_uses_up() {
    let settings = DeimosSettings { slice: 1_000_000, frame_budget: 1_000_000_000, ..DeimosSettings::default() };
    assert_eq!(run(settings, |_, _| {}), SUM);
}

#[test]
fn world_is_the_same_after_another_app_in_the_same_process() {
    let mut other = TestApp::new();
    other.run_on("while true do self.Transform.translation.x = math.random()  wait() end", Transform::default());
    other.frames(100);
    drop(other);
    assert_eq!(run(DeimosSettings::default(), |_, _| {}), SUM);
}

//! Every kind of wait, from within everything that can be in between, and on every clock.

use bevy::prelude::*;
use deimos::testing::TestApp;
use deimos::{Behaviour, BehaviourStatus, WaitingFor};

#[derive(Event, Reflect, Clone, Default)]
#[reflect(Event, Default)]
pub(super) struct Gong;

/// The ways of waiting two frames or so, as calls that return something true.
const WAITS: [&str; 8] = [
    "wait() and true",
    "wait(0.02) and true",
    "wait_frames(2) and true",
    "wait_real(0) and true",
    "wait_until(function() return time.frame > 2 end)",
    "wait_for('Gong') and true",
    "(task.join(spawn(function() wait()  return true end)))",
    "(task.all(function() wait()  return true end))",
];

/// What may be between a wait and the task: code with a place for the wait, that prints what came of it.
const BETWEEN: [&str; 26] = [
    "print(WAIT)",
    "print(select(2, pcall(function() return WAIT end)))",
    "print(select(2, xpcall(function() return WAIT end, print)))",
    "print(coroutine.wrap(function() return WAIT end)())",
    "print(coroutine.wrap(function() return coroutine.wrap(function() return WAIT end)() end)())",
    "print(setmetatable({}, {__index = function() return WAIT end}).x)",
    "print(setmetatable({}, {__add = function() return WAIT end}) + 1)",
    "print(setmetatable({}, {__eq = function() return WAIT end}) == setmetatable({}, {}))",
    "local l = {2, 1}  local r  table.sort(l, function(a, b) r = r or WAIT  return a < b end)  print(r)",
    "local r  string.gsub('x', 'x', function() r = WAIT end)  print(r)",
    "for r in function(_, done) if not done then return WAIT end end do print(r) end",
    "local r  do local c <close> = setmetatable({}, {__close = function() r = WAIT end}) end  print(r)",
    "print(select(2, xpcall(error, function() return WAIT end)))",
    "print(select(2, pcall(function() local c <close> = setmetatable({}, {__close = function() error(WAIT, 0) end}) end)))",
    "local function deep(n) if n == 0 then return (WAIT) end  return (deep(n - 1)) end  print(deep(150))",
    "print(setmetatable({}, {__call = function() return WAIT end})())",
    "print(setmetatable({}, {__concat = function() return WAIT end}) .. 'x')",
    "print(#setmetatable({}, {__len = function() return WAIT end}))",
    "print(setmetatable({}, {__lt = function() return WAIT end}) < 1)",
    "local r  setmetatable({}, {__newindex = function() r = WAIT end}).x = 1  print(r)",
    "print(setmetatable({}, {__tostring = function() return tostring(WAIT) end}))",
    "for r in pairs(setmetatable({}, {__pairs = function() return next, {[WAIT] = 1} end})) do print(r) end",
    "local r  string.gsub('x', 'x', setmetatable({}, {__index = function() r = WAIT end}))  print(r)",
    "local r  load(function() r = r or WAIT end)  print(r)",
    "local co = coroutine.create(function() local c <close> = setmetatable({}, {__close = function() print(WAIT) end})
       coroutine.yield() end)  coroutine.resume(co)  coroutine.close(co)",
    "local r  table.unpack(setmetatable({}, {__index = function() r = r or WAIT end}), 1, 2)  print(r)",
];

#[test]
fn every_wait_suspends_the_task_through_everything() {
    for wait in WAITS {
        for between in BETWEEN {
            let source = between.replace("WAIT", &format!("({wait})"));
            let mut app = TestApp::new();
            let entity = app.run(&source);
            app.frame();
            assert!(app.prints().is_empty(), "{source} did not wait");
            assert!(
                matches!(app.status(entity), Some(BehaviourStatus::Waiting(_))),
                "{source}: {:?}",
                app.status(entity)
            );
            app.world().trigger(Gong);
            app.frames(5);
            assert!(app.errors().is_empty(), "{source}: {:?}", app.errors());
            assert_eq!(app.prints(), ["true"], "{source}");
            assert_eq!(app.status(entity), Some(BehaviourStatus::Finished), "{source}");
        }
    }
}

#[test]
fn behaviour_that_is_despawned_in_any_wait_never_goes_on() {
    for wait in WAITS {
        for between in BETWEEN {
            let source = between.replace("WAIT", &format!("({wait})"));
            let mut app = TestApp::new();
            let entity = app.run(&source);
            app.frame();
            app.world().despawn(entity);
            app.world().trigger(Gong);
            app.frames(5);
            assert!(app.errors().is_empty(), "{source}: {:?}", app.errors());
            assert!(app.prints().is_empty(), "{source}");
        }
    }
}

#[test]
fn frames_are_counted() {
    let mut app = TestApp::new();
    app.run("for _, n in ipairs {1, 3, 0, -5} do wait_frames(n)  print(time.frame) end");
    app.frames(8);
    assert_eq!(app.prints(), ["2", "5", "6", "7"]);
}

#[test]
fn real_time_goes_on_while_the_game_is_paused() {
    let mut app = TestApp::new();
    let entity = app.run("wait_real(0.05)  print('real')");
    app.run("wait(0.05)  print('game')");
    app.frame();
    assert!(matches!(app.status(entity), Some(BehaviourStatus::Waiting(WaitingFor::RealTime { .. }))));
    app.world().resource_mut::<Time<Virtual>>().pause();
    app.frames(10);
    assert_eq!(app.prints(), ["real"]);
    app.world().resource_mut::<Time<Virtual>>().unpause();
    app.frames(10);
    assert_eq!(app.prints(), ["real", "game"]);
}

#[test]
fn fixed_steps_come_as_often_as_bevy_makes_them() {
    let mut app = TestApp::new();
    app.world().insert_resource(Time::<Fixed>::from_duration(TestApp::FRAME / 2));
    let entity = app.run(
        "wait()  local first = time.frame  local n = 0
         while n < 6 do print(wait_fixed() == time.delta, time.frame - first)  n = n + 1 end",
    );
    app.frames(1);
    app.frames(1);
    assert_eq!(app.status(entity), Some(BehaviourStatus::Waiting(WaitingFor::FixedStep)));
    app.frames(4);
    let prints = app.prints();
    assert_eq!(prints.len(), 6, "{prints:?}");
    assert!(prints.iter().all(|line| line.starts_with("true")), "{prints:?}");
    assert_eq!(prints[0], prints[1], "two steps in a frame: {prints:?}");
}

#[test]
fn thousand_sleepers_wake_in_the_order_of_spawning() {
    let mut app = TestApp::new();
    let script = app.script("sleeper.lua", "wait(0.09 - params.n / 1000000)  print(params.n)");
    for n in 0..1000 {
        app.world().spawn(Behaviour::new(script.clone()).with("n", n));
    }
    app.frames(10);
    let expected: Vec<String> = (0..1000).map(|n| n.to_string()).collect();
    assert!(app.prints() == expected, "not in the order of spawning");
}

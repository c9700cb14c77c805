//! What is promised about waiting and cancelling, and the bugs that coroutines of other engines are known for.

use bevy::diagnostic::DiagnosticsStore;
use bevy::prelude::*;
use deimos::testing::TestApp;
use deimos::{Behaviour, BehaviourStatus, DeimosDiagnostics, Scripts};

use super::event::Hit;
use super::task::prints;
use super::wait::Gong;

// -- waiting -----------------------------------------------------------------------------------------

#[test]
fn wait_until_asks_at_once_and_then_once_a_frame_and_returns_the_answer() {
    prints(
        "print(wait_until(function() return 'at', 'once' end), time.frame)
         local n = 0
         print(wait_until(function() n = n + 1  return n == 4 and 'yes', n end))  print(n, time.frame)",
        6,
        &["at\t1", "yes\t4", "4\t4"],
    );
}

#[test]
fn condition_that_fails_raises_its_error_where_it_is_waited_for() {
    prints("print(pcall(wait_until, function() wait()  error('no', 0) end))", 3, &["false\tno"]);
}

#[test]
fn those_who_wait_cost_no_instructions() {
    let mut app = TestApp::new();
    let script = app.script(
        "test.lua",
        "local t = spawn(function() wait(100) end)  spawn(wait_for, 'Gong')  spawn(wait_real, 100)  spawn(wait_frames, 1000)
         t:join()",
    );
    for _ in 0..100 {
        app.world().spawn(Behaviour::new(script.clone()));
    }
    app.frames(2);
    let used = app.world().resource::<DiagnosticsStore>().get(&DeimosDiagnostics::INSTRUCTIONS).unwrap().value();
    assert_eq!(used, Some(0.0));
}

#[test]
fn scaled_time_scales_waits() {
    let mut app = TestApp::new();
    app.run("wait(1)  print(time.frame)");
    app.world().resource_mut::<Time<Virtual>>().set_relative_speed(2.0);
    app.frames(40);
    assert_eq!(app.prints(), ["33"], "half of 64 frames");
}

#[test]
fn every_kind_of_wait_returns_what_happened() {
    let mut app = TestApp::new();
    app.run(
        "wait()  print(wait() == time.delta, wait(0.05) >= 0.05, wait_frames(2) == 2 * time.delta, wait_real(0.05) >= 0.05)
         print(wait_for('Gong', 0.05), task.join(spawn(function() wait()  return 'joined' end)))",
    );
    app.frames(30);
    assert_eq!(app.prints(), ["true\ttrue\ttrue\ttrue", "nil\tjoined"]);
}

#[test]
fn wait_for_a_component_to_come_and_go() {
    let mut app = TestApp::new();
    let entity =
        app.run("print(wait_for('Add', 'Transform').entity == self)  print(wait_for('Remove', 'Transform', 9) ~= nil)");
    app.frame();
    app.world().entity_mut(entity).insert(Transform::default());
    app.frame();
    app.world().entity_mut(entity).remove::<Transform>();
    app.frame();
    assert_eq!(app.prints(), ["true", "true"], "{:?}", app.errors());
}

#[test]
fn wait_for_one_of_several_is_a_race() {
    let mut app = TestApp::new();
    let entity = app.run(
        "print(task.race(function() wait_for('Hit')  return 'hit' end, function() wait_for('Gong')  return 'gong' end,
                         function() wait(100) end))",
    );
    app.frame();
    app.world().trigger(Gong);
    app.frame();
    app.world().trigger(Hit { entity, amount: 1.0 });
    app.frame();
    assert_eq!(app.prints(), ["2\tgong"]);
}

#[test]
fn wait_in_a_deep_recursion_comes_back_through_all_of_it() {
    prints(
        "local function deep(n) if n == 0 then wait()  return 0 end  local below = deep(n - 1)  return below + 1 end
         print(deep(10000))",
        4,
        &["10000"],
    );
}

// -- cancelling --------------------------------------------------------------------------------------

#[test]
fn tasks_end_youngest_first_then_the_body() {
    let mut app = TestApp::new();
    let entity = app.run(
        "local function keep(name) task.on_cancel(function() print(name) end)  wait(100) end
         spawn(keep, 'first')  spawn(function() spawn(keep, 'third')  keep('second') end)  keep('body')",
    );
    app.frame();
    app.world().despawn(entity);
    app.frame();
    assert_eq!(app.prints(), ["third", "second", "first", "body"]);
}

#[test]
fn storm_of_despawns_runs_every_cleanup_and_nothing_else() {
    let mut app = TestApp::new();
    let script = app.script(
        "test.lua",
        "local c <close> = setmetatable({}, {__close = function() print('closed') end})
         spawn(function() task.on_cancel(function() print('cancelled') end)  wait_for('Gong')  print('never') end)
         while true do wait()  if dead then print('never') end end",
    );
    let entities: Vec<Entity> = (0..1000).map(|_| app.world().spawn(Behaviour::new(script.clone())).id()).collect();
    app.frames(2);
    app.world().trigger(Gong);
    for entity in entities {
        app.world().despawn(entity);
    }
    app.frames(3);
    assert_eq!(app.prints().iter().filter(|line| **line == "closed").count(), 1000);
    assert_eq!(app.prints().iter().filter(|line| **line == "cancelled").count(), 1000);
    assert_eq!(app.prints().len(), 2000);
    assert_eq!(app.world().non_send::<Scripts>().behaviours(), 0);
}

#[test]
fn who_waits_for_a_task_of_another_behaviour_hears_of_its_end() {
    let mut app = TestApp::new();
    let script =
        app.script("owner.lua", "local t = spawn(function() wait(100) end)  wait()  world:send('Task', t)  wait(100)");
    let owner = app.world().spawn(Behaviour::new(script)).id();
    app.run("world:on('Task', function(t) print('waits')  print(pcall(task.join, t)) end)");
    app.frames(3);
    assert_eq!(app.prints(), ["waits"]);
    app.world().despawn(owner);
    app.frames(2);
    assert_eq!(app.prints()[1..], ["false\tcancelled: the task that was waited for was cancelled"]);
}

#[test]
fn who_waits_for_an_event_of_an_entity_that_goes_gets_an_error() {
    let mut app = TestApp::new();
    let target = app.world().spawn(Name::new("target")).id();
    for event in ["'Hit'", "'Word', 1"] {
        app.run(&format!("local e = world:find('target')  print(pcall(e.wait_for, e, {event}))"));
    }
    app.frames(3);
    assert!(app.prints().is_empty());
    app.world().despawn(target);
    app.frames(5);
    assert_eq!(app.prints(), ["false\tcancelled: the entity whose event was waited for is gone"; 2]);
}

#[test]
fn locals_of_a_despawned_behaviour_are_garbage() {
    let mut app = TestApp::new();
    let script = app.script(
        "test.lua",
        "local big = string.rep('x', 1000000)
         on('Gong', function() print(#big) end)  spawn(function() wait_for('Gong')  print(#big) end)
         task.on_cancel(function() print(#big) end)
         coroutine.wrap(function() wait(100)  print(#big) end)()",
    );
    app.run("");
    app.frame();
    let memory = |app: &mut TestApp| {
        let mut scripts = app.world().non_send_mut::<Scripts>();
        scripts.lua().collect_full();
        scripts.lua().memory_used()
    };
    let before = memory(&mut app);
    let entity = app.world().spawn(Behaviour::new(script)).id();
    app.frame();
    assert!(memory(&mut app) > before + 1_000_000);
    app.world().despawn(entity);
    app.frames(2);
    assert!(memory(&mut app) < before + 100_000, "{} and then {}", before, memory(&mut app));
}

#[test]
fn error_in_a_coroutine_of_a_script_is_never_silent() {
    let mut app = TestApp::new();
    let entity = app.run("coroutine.wrap(function() wait()  error('inner') end)()");
    app.frames(3);
    assert_eq!(app.errors().len(), 1);
    assert!(app.errors()[0].message.ends_with("test.lua:1: inner"), "{}", app.errors()[0].message);
    assert!(matches!(app.status(entity), Some(BehaviourStatus::Failed(_))));
}

#[test]
fn cancelled_task_cannot_hold_on_by_pcall_or_a_loop() {
    prints(
        "local t = spawn(function() while true do pcall(function() while true do pcall(wait)  print('on') end end) end end)
         wait_frames(2)  t:cancel()  wait_frames(3)  print(t:status())",
        6,
        &["on", "cancelled"],
    );
}

#[test]
fn task_that_is_cancelled_while_it_is_cut_off_does_not_go_on() {
    let settings = deimos::DeimosSettings { slice: 10_000, ..default() };
    let mut app = TestApp::with_settings(settings);
    let entity = app.run("while true do n = (n or 0) + 1 end");
    app.frames(2);
    assert_eq!(app.status(entity), Some(BehaviourStatus::Running));
    app.world().entity_mut(entity).remove::<Behaviour>();
    app.frames(2);
    let used = app.world().resource::<DiagnosticsStore>().get(&DeimosDiagnostics::INSTRUCTIONS).unwrap().value();
    assert_eq!(used, Some(0.0));
}

#[test]
fn cleanup_that_waits_or_never_ends_is_cut_off_and_reported() {
    for (cleanup, place, why) in [
        ("task.on_cancel(function()\nwait()  print('never') end)", 2, "cannot wait while closing"),
        ("task.on_cancel(function() while true do end end)", 1, "used up a slice of instructions"),
        (
            "local c <close> = setmetatable({}, {__close = function()\nwait()  print('never') end})",
            2,
            "cannot wait while closing",
        ),
    ] {
        let mut app = TestApp::new();
        let entity = app.run(&format!("{cleanup}  wait(100)"));
        app.frame();
        app.world().despawn(entity);
        app.frames(2);
        assert!(app.prints().is_empty());
        let [error] = app.errors() else { panic!("{cleanup}: {:?}", app.errors()) };
        assert!(error.message.starts_with(&format!("test.lua:{place}: ")), "{}", error.message);
        assert!(error.message.contains(why), "{}", error.message);
    }
}

#[test]
fn second_cleanup_runs_though_the_first_fails() {
    let mut app = TestApp::new();
    let entity = app.run(
        "task.on_cancel(function() print('last') end)  task.on_cancel(function() error('no', 0) end)
         local c <close> = setmetatable({}, {__close = function() error('close', 0) end})  wait(100)",
    );
    app.frame();
    app.world().despawn(entity);
    app.frame();
    assert_eq!(app.prints(), ["last"]);
    let messages: Vec<&str> = app.errors().iter().map(|error| error.message.as_str()).collect();
    assert_eq!(messages, ["close", "no"]);
}

#[test]
fn task_may_cancel_who_waits_for_it() {
    prints(
        "local parent = spawn(function()
           local me = task.current()
           local child = spawn(function() wait()  print(me:cancel(), me:status())  print('on') end)
           print(pcall(child.join, child))
         end)
         wait_frames(4)  print(parent:status())",
        6,
        &["true\tcancelled", "on", "cancelled"],
    );
}

#[test]
fn deferred_tasks_keep_their_order() {
    prints(
        "task.defer(print, 1)  spawn(function() task.defer(print, 2)  task.defer(task.defer, print, 4) end)  task.defer(print, 3)",
        1,
        &["1", "2", "3", "4"],
    );
}

#[test]
fn ended_task_can_be_joined_again_and_again() {
    prints(
        "local good = spawn(function() return 1, 2 end)  local bad = spawn(function() wait()  error('no', 0) end)
         print(pcall(task.join, bad))  print(pcall(task.join, bad))  print(good:join())  print(task.all(good, good))",
        3,
        &["false\tno", "false\tno", "1\t2", "1\t1"],
    );
}

// -- events ------------------------------------------------------------------------------------------

#[test]
fn handlers_run_after_the_turn_in_which_the_event_happens() {
    prints(
        "on('Gong', function() print('heard') end)  on('Word', function(w) print(w) end)
         world:trigger('Gong')  self:send('Word', 'word')  print('on')  wait()  print('next')",
        3,
        &["on", "heard", "word", "next"],
    );
}

#[test]
fn handler_that_fails_goes_on_hearing() {
    let mut app = TestApp::new();
    app.run("local n = 0  on('Gong', function() n = n + 1  print(n)  error('no') end)");
    app.frame();
    for _ in 0..3 {
        app.world().trigger(Gong);
        app.frame();
    }
    assert_eq!(app.prints(), ["1", "2", "3"]);
    assert_eq!(app.errors().len(), 3);
}

#[test]
fn handler_that_waits_does_not_keep_the_next_event_waiting() {
    let mut app = TestApp::new();
    app.run("on('Gong', function() print('in')  wait(0.1)  print('out') end)");
    app.frame();
    app.world().trigger(Gong);
    app.frame();
    app.world().trigger(Gong);
    app.frame();
    assert_eq!(app.prints(), ["in", "in"]);
}

#[test]
fn event_in_the_frame_of_a_timeout_wakes_once() {
    let mut app = TestApp::new();
    app.run("local e = wait_for('Gong', 0.015625)  print(e ~= nil)  wait(1)  print('later', time.frame)");
    app.frame();
    app.world().trigger(Gong);
    app.frames(80);
    assert_eq!(app.prints(), ["true", "later\t66"]);
}

//! Tasks: `spawn`, the table `task`, and their handles.

use bevy::prelude::*;
use deimos::testing::TestApp;
use deimos::{BehaviourStatus, DeimosSettings};

/// Runs a script for some frames, in which it is to print just this.
#[track_caller]
pub(super) fn prints(source: &str, frames: usize, expected: &[&str]) {
    let mut app = TestApp::new();
    app.run(source);
    app.frames(frames);
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert_eq!(app.prints(), expected);
}

#[test]
fn spawned_function_runs_before_the_one_who_spawns_goes_on() {
    prints(
        "print('a')
         spawn(function(x, y) print('b', x, y)  wait()  print('d') end, 1, nil)
         print('c')",
        3,
        &["a", "b\t1\tnil", "c", "d"],
    );
}

#[test]
fn spawns_nest() {
    prints(
        "spawn(function() print(1)  spawn(function() print(2)  spawn(print, 3)  print(4) end)  print(5) end)  print(6)",
        1,
        &["1", "2", "3", "4", "5", "6"],
    );
}

#[test]
fn spawn_works_from_within_a_coroutine_and_a_sort() {
    prints(
        "local co = coroutine.wrap(function() spawn(function() print('in')  wait()  print('late') end)  return 'out' end)
         print(co())
         local list = {2, 1}
         table.sort(list, function(a, b) spawn(function() compared = true end)  return a < b end)
         print(list[1], list[2], compared)",
        3,
        &["in", "out", "1\t2\ttrue", "late"],
    );
}

#[test]
fn deferred_task_runs_in_the_same_frame_after_all_others() {
    let mut app = TestApp::new();
    app.run("task.defer(function(x) print('deferred', x, time.frame) end, 7)  print('first', time.frame)");
    app.run("print('second', time.frame)");
    app.frame();
    assert_eq!(app.prints(), ["first\t1", "second\t1", "deferred\t7\t1"]);
}

#[test]
fn delayed_task_runs_when_its_seconds_have_passed() {
    prints(
        "local began = time.elapsed  task.delay(0.1, function(x) print(x, time.elapsed - began >= 0.1, time.frame) end, 'x')
         print(time.frame)",
        10,
        &["1", "x\ttrue\t8"],
    );
}

#[test]
fn every_keeps_its_beat_and_stops_on_false() {
    prints(
        "local n = 0
         local t = task.every(0.05, function() n = n + 1  print(n, time.frame)  if n == 4 then return false end end)
         wait(0.4)  print(t:status())",
        40,
        // Frames are 1/64 s: a beat of 3.2 frames from frame 1 on.
        &["1\t5", "2\t8", "3\t11", "4\t14", "finished"],
    );
}

#[test]
fn every_leaves_out_the_beats_of_a_long_frame_and_keeps_the_rest() {
    let mut app = TestApp::new();
    app.run("task.every(4 / 64, function() print(math.floor(time.elapsed * 64)) end)");
    app.frames(6);
    assert_eq!(app.prints(), ["4"]);
    let frames = bevy::time::TimeUpdateStrategy::ManualDuration;
    app.app().insert_resource(frames(TestApp::FRAME * 10));
    app.frame();
    app.app().insert_resource(frames(TestApp::FRAME));
    app.frames(10);
    assert_eq!(app.prints(), ["4", "15", "16", "20", "24"], "8 and 12 were in the frame that ended at 15");
}

#[test]
fn join_returns_what_the_task_returned() {
    prints(
        "local t = spawn(function() wait()  return 1, nil, 3, nil end)
         print(t:status())  print(select('#', t:join()), t:join())  print(t:status(), task.join(t))",
        3,
        &["waiting", "4\t1\tnil\t3\tnil", "finished\t1\tnil\t3\tnil"],
    );
}

#[test]
fn join_raises_what_the_task_raised_and_nobody_else_hears_of_it() {
    prints(
        "local t = spawn(function() wait()  error({code = 7}) end)
         local ok, e = pcall(task.join, t)  print(ok, e.code, t:status())",
        3,
        &["false\t7\tfailed"],
    );
}

#[test]
fn join_with_a_timeout_returns_nothing_when_the_time_is_up() {
    prints(
        "local t = spawn(function() wait(1)  return 'late' end)
         print(t:join(0.05))  print(t:status())  print(t:join())",
        80,
        &["", "waiting", "late"],
    );
}

#[test]
fn error_of_a_task_is_reported_with_where_it_was_started_and_ends_nothing_else() {
    let mut app = TestApp::new();
    let entity =
        app.run("spawn(function()\n spawn(function() wait()  error('boom') end)\n end)\n wait()  wait()  print('on')");
    app.frames(4);
    assert_eq!(app.prints(), ["on"]);
    let [error] = app.errors() else { panic!("{:?}", app.errors()) };
    assert_eq!(error.message, "test.lua:2: boom");
    let traceback = error.traceback.clone().unwrap_or_default();
    assert!(traceback.ends_with("started at test.lua:2\nstarted at test.lua:1"), "{traceback}");
    assert_eq!(app.status(entity), Some(BehaviourStatus::Finished));
}

#[test]
fn cancelled_task_closes_runs_its_functions_and_never_goes_on() {
    prints(
        "local t = spawn(function()
           local guard <close> = setmetatable({}, {__close = function() print('closed') end})
           task.on_cancel(function() print('first') end)
           task.on_cancel(function() print('second') end)
           wait()
           print('never')
         end)
         print(t:cancel(), t:status(), t:cancel())
         wait()  wait()",
        4,
        &["closed", "second", "first", "true\tcancelled\tfalse"],
    );
}

#[test]
fn waiter_of_a_cancelled_task_gets_an_error() {
    prints(
        "local t = spawn(function() wait(100) end)
         spawn(function() print(pcall(task.join, t)) end)
         t:cancel()",
        2,
        &["false\tcancelled: the task that was waited for was cancelled"],
    );
}

#[test]
fn task_can_cancel_itself() {
    prints(
        "local t = spawn(function() local me = task.current()  print(me:status())  me:cancel()  print('never') end)
         print(t:status())",
        2,
        &["running", "cancelled"],
    );
}

#[test]
fn task_cannot_wait_for_itself() {
    prints("print(pcall(task.join, task.current()))", 2, &["false\ta task cannot wait for its own end"]);
}

#[test]
fn all_returns_the_first_value_of_each() {
    prints(
        "local function f(n) return function() wait_frames(n)  return n, 'rest' end end
         print(task.all(f(3), spawn(f(1)), f(2)))  print(time.frame)  print(select('#', task.all()))",
        6,
        &["3\t1\t2", "4", "0"],
    );
}

#[test]
fn all_cancels_the_others_when_one_fails() {
    prints(
        "local slow = spawn(function() wait(100) end)
         print(pcall(task.all, slow, function() wait()  error('no', 0) end))  print(slow:status())",
        4,
        &["false\tno", "cancelled"],
    );
}

#[test]
fn race_returns_who_was_first_and_cancels_the_others() {
    prints(
        "local slow = spawn(function() wait(100) end)
         print(task.race(slow, function() wait()  return 'quick' end))  print(slow:status())
         print(pcall(task.race, function() error('at once', 0) end, function() end))",
        4,
        &["2\tquick", "cancelled", "false\tat once"],
    );
}

#[test]
fn any_passes_over_failures() {
    prints(
        "print(task.any(function() error('no') end, function() wait()  return 'yes' end))
         print(pcall(task.any, function() error('a', 0) end, function() error('b', 0) end))",
        4,
        &["2\tyes", "false\ta"],
    );
}

#[test]
fn timeout_cancels_what_takes_too_long() {
    prints(
        "print(task.timeout(1, function(x) wait()  return x, 2 end, 1))
         print(task.timeout(0.05, function() task.on_cancel(function() print('cancelled') end)  wait(1) end))",
        10,
        &["true\t1\t2", "cancelled", "false"],
    );
}

#[test]
fn tasks_end_with_their_behaviour() {
    let mut app = TestApp::new();
    let entity = app.run(
        "spawn(function() task.on_cancel(function() print('gone') end)  while true do print('on')  wait() end end)",
    );
    app.frames(2);
    assert_eq!(app.status(entity), Some(BehaviourStatus::Waiting(deimos::WaitingFor::Event)));
    app.world().despawn(entity);
    app.frames(2);
    assert_eq!(app.prints(), ["on", "on", "gone"]);
}

#[test]
fn tasks_of_a_behaviour_share_its_slice() {
    let settings = DeimosSettings { slice: 10_000, ..default() };
    let mut app = TestApp::with_settings(settings);
    app.run("while true do spawn(function() while true do end end) end");
    app.run("while true do print(time.frame)  wait() end");
    app.frames(5);
    assert_eq!(app.prints(), ["1", "2", "3", "4", "5"]);
}

#[test]
fn arguments_are_checked() {
    prints(
        "print(pcall(spawn, 1))  print(pcall(task.delay, 'x'))  print(pcall(task.join, 1))
         print(pcall(task.all, 1))  print(pcall(task.race))  print(pcall(task.every, 1))",
        1,
        &[
            "false\tbad argument #1 to 'spawn' (function expected, got number)",
            "false\tbad argument #1 to 'task.delay' (number of seconds expected, got string)",
            "false\tbad argument #1 to 'task.join' (task expected, got number)",
            "false\tbad argument #1 to 'task.all' (task or function expected, got number)",
            "false\tbad argument #1 to 'task.race' (task or function expected, got no value)",
            "false\tbad argument #2 to 'task.every' (function expected, got nil)",
        ],
    );
}

#[test]
fn a_relay_of_tasks_that_start_each_other_forgets_where_it_began() {
    let mut app = TestApp::with_settings(DeimosSettings { frame_budget: u64::MAX, slice: u64::MAX, ..default() });
    app.run(
        "local function leg(n)
             if n == 0 then error('at last') end
             task.defer(leg, n - 1)
         end
         spawn(leg, 100000)",
    );
    app.frames(3);
    let [error] = app.errors() else { panic!("{:?}", app.errors()) };
    let traceback = error.traceback.as_deref().expect("an error in a script has a traceback");
    assert_eq!(traceback.matches("started at test.lua:3").count(), 8, "{traceback}");
}

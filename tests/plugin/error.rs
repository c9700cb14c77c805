//! Scripts that fail.

use bevy::prelude::*;
use deimos::testing::TestApp;
use deimos::{Behaviour, BehaviourStatus, DeimosSettings, ErrorPolicy};

#[test]
fn failing_behaviour_stops_alone_and_says_where() {
    let mut app = TestApp::new();
    let script =
        app.script("scripts/guard.lua", "local function strike()\n  return nothing.here\nend\nwait()\nstrike()");
    let entity = app.world().spawn(Behaviour::new(script)).id();
    app.run("for i = 1, 4 do print(i)  wait() end");
    app.frames(4);
    assert_eq!(app.errors().len(), 1);
    let error = &app.errors()[0];
    assert_eq!((error.entity, error.script.as_str()), (Some(entity), "scripts/guard.lua"));
    assert!(error.message.starts_with("scripts/guard.lua:2: attempt to index a nil value"), "{}", error.message);
    let traceback = error.traceback.as_deref().unwrap_or_default();
    assert!(traceback.contains("scripts/guard.lua:2:") && traceback.contains("scripts/guard.lua:5:"), "{traceback}");
    assert_eq!(app.status(entity), Some(BehaviourStatus::Failed(error.message.clone())));
    assert_eq!(app.prints(), ["1", "2", "3", "4"]);
}

#[test]
fn error_values_of_all_kinds_are_reported() {
    for (source, message) in [
        ("error('text', 0)", "text"),
        ("error({})", "(error object is a table value)"),
        ("error(nil)", "(error object is a nil value)"),
        ("error(7)", "7"),
    ] {
        let mut app = TestApp::new();
        app.run(source);
        app.frame();
        assert_eq!(app.errors()[0].message, message, "{source}");
    }
}

#[test]
fn each_failing_entity_sends_a_message() {
    let mut app = TestApp::new();
    let script = app.script("test.lua", "error('no')");
    for _ in 0..3 {
        app.world().spawn(Behaviour::new(script.clone()));
    }
    app.frames(2);
    assert_eq!(app.errors().len(), 3);
}

#[test]
fn strange_yield_is_an_error() {
    for (source, got) in [
        ("coroutine.yield('later')", "'later'"),
        ("coroutine.yield(1.5, nil)", "1.5, nil"),
        ("coroutine.yield({})", "a table"),
        ("coroutine.yield(print)", "a function"),
    ] {
        let mut app = TestApp::new();
        let entity = app.run(source);
        app.frames(2);
        assert_eq!(app.errors().len(), 1, "{source}");
        let message = &app.errors()[0].message;
        assert!(message.contains(&format!("cannot yield {got} to the game")), "{message}");
        assert!(message.starts_with("test.lua:"), "{message}");
        assert!(matches!(app.status(entity), Some(BehaviourStatus::Failed(_))));
    }
}

#[test]
fn strange_wait_is_an_error_at_the_call() {
    for (source, got) in
        [("wait('soon')", "string"), ("wait({})", "table"), ("wait(0/0)", "NaN"), ("wait(false)", "boolean")]
    {
        let mut app = TestApp::new();
        app.run(source);
        app.frame();
        let message = &app.errors()[0].message;
        let expected = format!("test.lua:1: bad argument #1 to 'wait' (number of seconds expected, got {got})");
        assert_eq!(*message, expected, "{source}");
    }
}

#[test]
fn error_in_a_close_variable_of_a_cancelled_behaviour_is_reported() {
    let mut app = TestApp::new();
    let entity = app.run("local g <close> = setmetatable({}, {__close = function() error('oh') end})  wait(100)");
    app.frame();
    app.world().entity_mut(entity).remove::<Behaviour>();
    app.frame();
    assert_eq!(app.errors()[0].message, "test.lua:1: oh");
    assert_eq!(app.errors()[0].entity, Some(entity));
}

#[test]
fn memory_limit_ends_the_behaviour_that_exceeds_it() {
    let settings = DeimosSettings { memory_limit: 8 << 20, ..default() };
    let mut app = TestApp::with_settings(settings);
    let glutton = app.run("local t = {}  for i = 1, math.huge do t[i] = {i} end");
    let modest = app.run("while true do local t = {1, 2, 3}  wait() end");
    app.frames(60);
    assert_eq!(app.status(glutton), Some(BehaviourStatus::Failed("not enough memory".to_owned())));
    assert!(matches!(app.status(modest), Some(BehaviourStatus::Waiting(_))));
    assert_eq!(app.errors().len(), 1);
}

#[test]
fn garbage_is_collected() {
    let settings = DeimosSettings { memory_limit: 8 << 20, ..default() };
    let mut app = TestApp::with_settings(settings);
    let busy = app.run("while true do for i = 1, 1000 do local t = {i} end  wait() end");
    app.frames(200);
    assert!(matches!(app.status(busy), Some(BehaviourStatus::Waiting(_))), "{:?}", app.errors());
}

#[test]
fn error_stops_the_behaviour_where_that_is_the_policy() {
    let settings = DeimosSettings { error_policy: ErrorPolicy::StopBehaviour, ..Default::default() };
    let mut app = TestApp::with_settings(settings);
    let entity = app.run(
        "task.on_cancel(function() print('body cancelled') end)
         spawn(function() wait()  error('boom', 0) end)
         while true do print(time.frame)  wait() end",
    );
    app.frames(5);
    assert_eq!(app.prints(), ["1", "2", "body cancelled"]);
    assert_eq!(app.errors().len(), 1);
    assert_eq!(app.status(entity), Some(BehaviourStatus::Failed("boom".into())));
}

#[test]
fn failed_behaviour_starts_anew_later_and_later_where_that_is_the_policy() {
    let settings = DeimosSettings { error_policy: ErrorPolicy::Restart, ..Default::default() };
    let mut app = TestApp::with_settings(settings);
    app.run("state.n = (state.n or 0) + 1  print(state.n, time.frame)  error('again', 0)");
    // A second is 64 frames.
    app.frames(64 * 8);
    let frames: Vec<i64> = app.prints().iter().filter_map(|line| line.split('\t').nth(1)?.parse().ok()).collect();
    assert_eq!(frames, [1, 65, 193, 449]);
}

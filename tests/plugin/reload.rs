//! Scripts that change while behaviours run them.

use bevy::prelude::*;
use deimos::testing::TestApp;
use deimos::{Behaviour, BehaviourStatus};

#[test]
fn changed_script_restarts_its_behaviours_with_state_kept() {
    let mut app = TestApp::new();
    let script = app.script("test.lua", "state.hp = 5  own = 1  while true do wait() end");
    app.world().spawn(Behaviour::new(script.clone()));
    app.frames(2);
    app.change_script(&script, "print(state.hp, own)  state.hp = state.hp - 1");
    app.frames(2);
    app.change_script(&script, "print('again', state.hp)");
    app.frame();
    assert_eq!(app.prints(), ["5\tnil", "again\t4"]);
}

#[test]
fn changed_script_leaves_others_alone() {
    let mut app = TestApp::new();
    app.run("print('on')  wait(100)");
    let script = app.script("other.lua", "wait(100)");
    app.world().spawn(Behaviour::new(script.clone()));
    app.frame();
    app.change_script(&script, "print('new')");
    app.frames(2);
    assert_eq!(app.prints(), ["on", "new"]);
}

#[test]
fn changed_script_revives_behaviours_that_ended() {
    let mut app = TestApp::new();
    let script = app.script("test.lua", "error('broken')");
    let entity = app.world().spawn(Behaviour::new(script.clone())).id();
    app.frame();
    assert!(matches!(app.status(entity), Some(BehaviourStatus::Failed(_))));
    app.change_script(&script, "print('mended')");
    app.frame();
    assert_eq!(app.status(entity), Some(BehaviourStatus::Finished));
    assert_eq!(app.prints(), ["mended"]);
}

#[test]
fn changed_script_does_not_wake_old_sleepers() {
    let mut app = TestApp::new();
    let script = app.script("test.lua", "wait(0.05)  print('old')");
    app.world().spawn(Behaviour::new(script.clone()));
    app.frames(2);
    app.change_script(&script, "print('new')  wait(100)  print('never')");
    app.frames(20);
    assert_eq!(app.prints(), ["new"]);
}

#[test]
fn changed_script_closes_what_was_open() {
    let mut app = TestApp::new();
    let source = "local g <close> = setmetatable({}, {__close = function() print('closed') end})  wait(100)";
    let script = app.script("test.lua", source);
    app.world().spawn(Behaviour::new(script.clone()));
    app.frame();
    app.change_script(&script, "print('new')");
    app.frame();
    assert_eq!(app.prints(), ["closed", "new"]);
}

#[test]
fn behaviour_added_in_the_frame_of_a_reload_starts_once() {
    let mut app = TestApp::new();
    let script = app.script("test.lua", "print('old')  wait(100)");
    app.world().spawn(Behaviour::new(script.clone()));
    app.frame();
    app.change_script(&script, "print('new')  wait(100)");
    app.world().spawn(Behaviour::new(script.clone()));
    app.frames(4);
    assert_eq!(app.prints(), ["old", "new", "new"]);
}

#[test]
fn asset_touched_without_a_change_restarts_nothing() {
    let mut app = TestApp::new();
    let script = app.script("test.lua", "print('once')  wait(100)");
    app.world().spawn(Behaviour::new(script.clone()));
    app.frame();
    let touched = app.world().resource_mut::<Assets<deimos::LuaScript>>().get_mut(&script).map(|mut script| {
        std::hint::black_box(&mut *script);
    });
    assert!(touched.is_some());
    app.frames(3);
    assert_eq!(app.prints(), ["once"]);
}

#[test]
fn behaviour_that_runs_outlives_its_asset() {
    let mut app = TestApp::new();
    let script = app.script("test.lua", "for i = 1, 3 do print(i)  wait() end");
    app.world().spawn(Behaviour::new(script.clone()));
    app.frame();
    app.world().resource_mut::<Assets<deimos::LuaScript>>().remove(&script);
    app.frames(3);
    assert_eq!(app.prints(), ["1", "2", "3"]);
}

#[test]
fn error_after_a_change_is_logged_anew() {
    let mut app = TestApp::new();
    let script = app.script("test.lua", "error('a')");
    app.world().spawn(Behaviour::new(script.clone()));
    app.frame();
    app.change_script(&script, "error('b')");
    app.frame();
    let messages: Vec<&str> = app.errors().iter().map(|error| error.message.as_str()).collect();
    assert_eq!(messages, ["test.lua:1: a", "test.lua:1: b"]);
}

#[test]
fn reload_handlers_run_with_the_old_state_before_the_restart() {
    let mut app = TestApp::new();
    let old = "local g <close> = setmetatable({}, {__close = function() print('closed') end})
               state.hp = 5
               on('reload', function(s) print('reload', s == state, s.hp)  s.percent = s.hp * 10  s.hp = nil end)
               on('reload', function() wait()  print('never') end)
               on('reload', function() error('in reload') end)
               on('other', function() print('no') end)
               wait(100)";
    let script = app.script("test.lua", old);
    app.world().spawn(Behaviour::new(script.clone()));
    app.frames(2);
    app.change_script(&script, "print('new', state.hp, state.percent)  wait(100)");
    app.frames(3);
    assert_eq!(app.prints(), ["reload\ttrue\t5", "closed", "new\tnil\t50"]);
    assert_eq!(app.errors().len(), 1);
    assert_eq!(app.errors()[0].message, "test.lua:5: in reload");
    app.change_script(&script, "print('newer')");
    app.frames(3);
    assert_eq!(app.prints()[3..], ["newer"], "handlers of the old code are gone");
}

#[test]
fn reload_handler_that_never_ends_is_cut_off() {
    let mut app = TestApp::new();
    let script = app.script("test.lua", "on('reload', function() while true do end end)  wait(100)");
    app.world().spawn(Behaviour::new(script.clone()));
    app.frames(2);
    app.change_script(&script, "print('new')");
    app.frames(2);
    assert_eq!(app.prints(), ["new"]);
}

#[test]
fn reload_handler_may_despawn_the_entity() {
    let mut app = TestApp::new();
    let script = app.script("test.lua", "on('reload', function() self:despawn() end)  wait(100)");
    app.world().spawn(Behaviour::new(script.clone()));
    app.frames(2);
    app.change_script(&script, "print('new')");
    app.frames(2);
    assert!(app.prints().is_empty());
    assert!(app.errors().is_empty());
}

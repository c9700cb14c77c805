//! A behaviour's `state`, which is there whenever somebody asks for it.

use bevy::prelude::*;
use deimos::testing::TestApp;
use deimos::{Behaviour, BehaviourStatus};

/// Runs a script on an entity of that name.
fn run(app: &mut TestApp, name: &'static str, source: &str) -> Entity {
    app.run_on(source, Name::new(name))
}

#[test]
fn state_is_the_same_table_for_the_script_and_for_others_whoever_asks_first() {
    let mut app = TestApp::new();
    run(&mut app, "other", "wait(0.1)  print(state.hp, state == self.state)");
    run(&mut app, "first", "wait()  world:find('other').state.hp = 7");
    app.frames(10);
    assert_eq!(app.prints(), ["7\ttrue"]);
}

#[test]
fn state_of_a_function_is_that_of_its_script_whoever_calls_it() {
    let mut app = TestApp::new();
    run(
        &mut app,
        "giver",
        "wait()  world:send('give', function() state.n = 1  return state end)  wait()  print(state.n)",
    );
    app.run("world:on('give', function(f) print(f() == world:find('giver').state, state.n) end)  wait(100)");
    app.frames(4);
    assert_eq!(app.prints(), ["true\tnil", "1"]);
}

#[test]
fn state_of_a_function_that_has_outlived_its_behaviour_is_a_table() {
    let mut app = TestApp::new();
    app.run("world:on('give', function(f) wait(0.1)  f().n = 1  print(f().n, state.n) end)  wait(100)");
    app.run("wait()  world:send('give', function() return state end)  self:despawn()");
    app.frames(12);
    assert_eq!(app.prints(), ["1\tnil"]);
    assert!(app.errors().is_empty(), "{:?}", app.errors());
}

#[test]
fn state_is_found_after_the_script_has_lost_its_self() {
    let mut app = TestApp::new();
    app.run("local me = self  self = nil  state.n = 1  print(state == me.state)");
    app.frame();
    assert_eq!(app.prints(), ["true"]);
}

#[test]
fn state_is_no_field_of_the_environment_before_it_is_read_and_others_are_nil() {
    let mut app = TestApp::new();
    app.run("print(rawget(_ENV, 'state'), stat, state == rawget(_ENV, 'state'))");
    app.frame();
    assert_eq!(app.prints(), ["nil\tnil\ttrue"]);
}

#[test]
fn state_of_a_script_that_has_ended_can_be_looked_at() {
    let mut app = TestApp::new();
    let ended = run(&mut app, "ended", "");
    app.run("wait()  local ended = world:find('ended')  ended.state.n = 3  print(ended.state.n)");
    app.frames(3);
    assert_eq!(app.status(ended), Some(BehaviourStatus::Finished));
    assert_eq!(app.prints(), ["3"]);
}

#[test]
fn state_is_not_there_before_the_first_turn() {
    let mut app = TestApp::new();
    app.run("wait()  print(world:find('later').state)");
    let script = app.world().resource::<AssetServer>().load("never.lua");
    app.world().spawn((Name::new("later"), Behaviour::new(script)));
    app.frames(3);
    assert_eq!(app.prints(), ["nil"]);
}

#[test]
fn handlers_of_reload_get_a_state_that_nobody_has_asked_for() {
    let mut app = TestApp::new();
    let script = app.script("test.lua", "on('reload', function(kept) kept.n = 1  print(kept == state) end)  wait(100)");
    app.world().spawn(Behaviour::new(script.clone()));
    app.frames(2);
    app.change_script(&script, "print(state.n)");
    app.frames(2);
    assert_eq!(app.prints(), ["true", "1"]);
}

#[test]
fn state_of_an_entity_begins_anew_with_another_behaviour() {
    let mut app = TestApp::new();
    let script = app.script("test.lua", "state.n = (state.n or 0) + 1  print(state.n)");
    let entity = app.world().spawn(Behaviour::new(script.clone())).id();
    app.frames(2);
    app.world().entity_mut(entity).insert(Behaviour::new(script));
    app.frames(2);
    assert_eq!(app.prints(), ["1", "1"]);
}

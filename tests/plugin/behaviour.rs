//! A behaviour's life: it starts with its entity's component and ends with it.

use bevy::prelude::*;
use deimos::testing::TestApp;
use deimos::{Behaviour, BehaviourStatus, WaitingFor};

#[test]
fn body_runs_once_for_each_entity() {
    let mut app = TestApp::new();
    let script = app.script("test.lua", "print(self)");
    let entities: Vec<Entity> = (0..3).map(|_| app.world().spawn(Behaviour::new(script.clone())).id()).collect();
    app.frames(3);
    let expected: Vec<String> = entities.iter().map(|entity| format!("Entity({entity})")).collect();
    assert_eq!(app.prints(), expected);
}

#[test]
fn status_follows_the_script() {
    let mut app = TestApp::new();
    let entity = app.run("wait()  wait(1)  wait()");
    assert_eq!(app.status(entity), Some(BehaviourStatus::Loading));
    app.frame();
    assert_eq!(app.status(entity), Some(BehaviourStatus::Waiting(WaitingFor::NextFrame)));
    app.frame();
    assert!(matches!(app.status(entity), Some(BehaviourStatus::Waiting(WaitingFor::Time { .. }))));
    app.frames(64);
    assert_eq!(app.status(entity), Some(BehaviourStatus::Waiting(WaitingFor::NextFrame)));
    app.frame();
    assert_eq!(app.status(entity), Some(BehaviourStatus::Finished));
}

#[test]
fn script_that_is_not_loaded_yet_is_waited_for() {
    let mut app = TestApp::new();
    let handle = app.world().resource::<Assets<deimos::LuaScript>>().reserve_handle();
    let entity = app.world().spawn(Behaviour::new(handle.clone())).id();
    app.frames(2);
    assert_eq!(app.status(entity), Some(BehaviourStatus::Loading));
    let script = deimos::LuaScript::from_source("late.lua", "print('here')").unwrap();
    app.world().resource_mut::<Assets<deimos::LuaScript>>().insert(&handle, script).unwrap();
    app.frame();
    assert_eq!(app.prints(), ["here"]);
}

#[test]
fn turns_come_in_the_order_of_spawning() {
    let mut app = TestApp::new();
    let script = app.script("test.lua", "wait(params.delay)  print(params.name)  wait()  print(params.name)");
    for (name, delay) in [("a", 0.0), ("b", 0.5), ("c", 0.25), ("d", 0.5)] {
        app.world().spawn(Behaviour::new(script.clone()).with("name", name).with("delay", delay));
    }
    // All sleep past the same moment, so that all are due in one frame.
    app.world().resource_mut::<Time<Virtual>>().set_max_delta(std::time::Duration::from_secs(10));
    app.frame();
    app.world().resource_mut::<Time<Virtual>>().advance_by(std::time::Duration::from_secs(2));
    app.frames(3);
    assert_eq!(app.prints(), ["a", "b", "c", "d", "a", "b", "c", "d"]);
}

#[test]
fn despawning_the_entity_cancels_in_the_same_frame() {
    let mut app = TestApp::new();
    let victim = app.world().spawn_empty().id();
    app.run_on("wait()  wait()  self.Target.entity:despawn()", Target { entity: victim });
    let script = app.script("victim.lua", "while true do print(time.frame)  wait() end");
    app.world().entity_mut(victim).insert(Behaviour::new(script));
    app.frames(5);
    assert_eq!(app.prints(), ["1", "2"], "the killer has its turn before the victim in frame 3");
    assert!(app.errors().is_empty(), "{:?}", app.errors());
}

#[test]
fn removing_the_component_cancels() {
    let mut app = TestApp::new();
    let entity = app.run("while true do print(time.frame)  wait() end");
    app.frames(2);
    app.world().entity_mut(entity).remove::<Behaviour>();
    app.frames(3);
    assert_eq!(app.prints(), ["1", "2"]);
    assert_eq!(app.status(entity), None);
}

#[test]
fn despawn_of_itself_ends_at_the_next_wait() {
    let mut app = TestApp::new();
    let entity = app.run("self:despawn()  print(self.alive)  wait()  print('never')");
    app.frames(3);
    assert_eq!(app.prints(), ["false"]);
    assert!(app.world().get_entity(entity).is_err());
    assert!(app.errors().is_empty(), "{:?}", app.errors());
}

#[test]
fn cancelling_runs_close_variables() {
    let mut app = TestApp::new();
    let source = "local guard <close> = setmetatable({}, {__close = function() print('closed') end})  wait(100)";
    let entity = app.run(source);
    app.frames(2);
    app.world().entity_mut(entity).despawn();
    app.frame();
    assert_eq!(app.prints(), ["closed"]);
}

#[test]
fn close_variable_that_never_ends_is_given_up() {
    let mut app = TestApp::new();
    let source = "local g <close> = setmetatable({}, {__close = function() while true do end end})  wait(100)";
    let entity = app.run(source);
    app.frames(2);
    app.world().entity_mut(entity).despawn();
    app.frames(2);
    assert!(app.world().get_entity(entity).is_err());
    let messages: Vec<&str> = app.errors().iter().map(|error| error.message.as_str()).collect();
    assert_eq!(messages, ["test.lua:1: it has used up a slice of instructions while closing, and ends here"]);
}

#[test]
fn inserting_another_behaviour_starts_over() {
    let mut app = TestApp::new();
    let entity = app.run("print('first')  wait(100)");
    app.frame();
    let script = app.script("second.lua", "print('second', state.old)");
    app.world().entity_mut(entity).insert(Behaviour::new(script));
    app.frame();
    assert_eq!(app.prints(), ["first", "second\tnil"]);
    assert_eq!(app.status(entity), Some(BehaviourStatus::Finished));
}

#[test]
fn behaviour_spawned_by_a_hook_of_a_script_starts_next_frame() {
    let mut app = TestApp::new();
    let child = app.script("child.lua", "print('child', time.frame)");
    app.world().add_observer(move |_: On<'_, '_, Remove, Target>, mut commands: Commands<'_, '_>| {
        commands.spawn(Behaviour::new(child.clone()));
    });
    let victim = app.world().spawn(Target { entity: Entity::PLACEHOLDER }).id();
    app.run_on("self.Target.entity:despawn()  print('parent', time.frame)", Target { entity: victim });
    app.frames(3);
    assert_eq!(app.prints(), ["parent\t1", "child\t2"]);
}

#[test]
fn disabled_entity_has_no_turns() {
    let mut app = TestApp::new();
    let entity = app.run("while true do print(time.frame)  wait() end");
    app.frame();
    app.world().entity_mut(entity).insert(bevy::ecs::entity_disabling::Disabled);
    app.frames(2);
    app.world().entity_mut(entity).remove::<bevy::ecs::entity_disabling::Disabled>();
    app.frame();
    assert_eq!(app.prints(), ["1", "4"]);
}

#[test]
fn removed_behaviour_has_no_turn_in_the_next_fixed_step() {
    let mut app = TestApp::new();
    let removed = app.run("while true do wait_fixed()  print('removed') end");
    let replaced = app.run("while true do wait_fixed()  print('replaced') end");
    app.run("while true do wait_fixed()  print('on') end");
    app.frames(2);
    assert_eq!(app.prints(), ["removed", "replaced", "on"]);
    let other = app.script("other.lua", "wait(100)");
    app.world().entity_mut(removed).remove::<Behaviour>();
    app.world().entity_mut(replaced).insert(Behaviour::new(other));
    app.frame();
    assert_eq!(app.prints()[3..], ["on"]);
}

#[test]
fn behaviour_that_is_removed_between_fixed_steps_has_no_turn_in_the_second() {
    let mut app = TestApp::new();
    app.world().insert_resource(Time::<Fixed>::from_duration(TestApp::FRAME / 4));
    let entity = app.run("while true do wait_fixed()  print('turn') end");
    app.frame();
    let remove = move |mut commands: Commands<'_, '_>| _ = commands.entity(entity).try_remove::<Behaviour>();
    app.app().add_systems(FixedPostUpdate, remove);
    app.frames(2);
    assert_eq!(app.prints(), ["turn"]);
}

#[test]
fn status_of_a_replaced_behaviour_is_loading_at_once_and_until_its_script_is_there() {
    for (source, is_it) in [
        ("", (|status| *status == BehaviourStatus::Finished) as fn(&BehaviourStatus) -> bool),
        ("error('lost')", |status| matches!(status, BehaviourStatus::Failed(_))),
        ("wait(100)", |status| matches!(status, BehaviourStatus::Waiting(WaitingFor::Time { .. }))),
        ("on('x', print)", |status| *status == BehaviourStatus::Waiting(WaitingFor::Event)),
    ] {
        let mut app = TestApp::new();
        let entity = app.run(source);
        app.frames(2);
        assert!(app.status(entity).is_some_and(|status| is_it(&status)), "{source}: {:?}", app.status(entity));
        let handle = app.world().resource::<Assets<deimos::LuaScript>>().reserve_handle();
        app.world().entity_mut(entity).insert(Behaviour::new(handle));
        assert_eq!(app.status(entity), Some(BehaviourStatus::Loading), "{source}: at once");
        app.frames(2);
        assert_eq!(app.status(entity), Some(BehaviourStatus::Loading), "{source}: later");
    }
}

#[test]
fn last_words_of_a_replaced_behaviour_do_not_show_as_the_status_of_the_new_one() {
    let mut app = TestApp::new();
    let entity = app.run("spawn(function() task.on_cancel(function() wait() end)  wait(100) end)");
    app.frames(2);
    let handle = app.world().resource::<Assets<deimos::LuaScript>>().reserve_handle();
    app.world().entity_mut(entity).insert(Behaviour::new(handle));
    app.frames(2);
    assert_eq!(app.errors().len(), 1, "a wait while closing: {:?}", app.errors());
    assert_eq!(app.status(entity), Some(BehaviourStatus::Loading));
}

#[derive(Component, Reflect)]
#[reflect(Component)]
struct Target {
    entity: Entity,
}

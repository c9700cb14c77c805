//! Scripts that stand still: `DeimosSettings::paused`.

use bevy::prelude::*;
use deimos::testing::TestApp;
use deimos::{Behaviour, BehaviourStatus, DeimosSettings, Scripts};

#[derive(EntityEvent, Reflect, Clone)]
#[reflect(Event)]
struct Knock {
    entity: Entity,
}

#[derive(Message, Reflect, Clone)]
#[reflect(Message)]
struct Call;

fn set_paused(app: &mut TestApp, paused: bool) {
    app.world().resource_mut::<DeimosSettings>().paused = paused;
}

#[test]
fn nobody_has_a_turn() {
    let mut app = TestApp::new();
    for wait in ["wait()", "wait_fixed()", "coroutine.yield()", "wait_real(0.01)", "wait_for('Nothing', 0.01)"] {
        app.run(&format!("while true do {wait}  print(time.frame) end"));
    }
    app.frames(5);
    set_paused(&mut app, true);
    let before = app.prints().len();
    let late = app.run("print('started', time.frame)");
    app.frames(50);
    assert_eq!(app.prints().len(), before);
    assert_eq!(app.status(late), Some(BehaviourStatus::Loading));
    set_paused(&mut app, false);
    app.frame();
    assert!(app.prints().contains(&"started\t6"), "{:?}", app.prints());
    assert!(app.errors().is_empty(), "{:?}", app.errors());
}

#[test]
fn no_time_passes_for_those_who_wait() {
    let run = |pause: usize| {
        let mut app = TestApp::new();
        app.run("while true do print('seconds', wait(0.1), time.frame) end");
        app.run("while true do print('frame', wait(), time.frame) end");
        app.run("while true do print('frames', wait_frames(3), time.frame) end");
        app.run("while true do print('step', wait_fixed()) end");
        app.run("task.every(0.05, function() print('every', time.frame) end)");
        app.run("print('timeout', wait_for('Nothing', 0.25), time.frame)");
        app.frames(10);
        set_paused(&mut app, true);
        app.frames(pause);
        set_paused(&mut app, false);
        app.frames(20);
        app.prints().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(run(100), run(0));
}

#[test]
fn what_happens_meanwhile_is_heard_by_nobody_and_does_not_pile_up() {
    let mut app = TestApp::new();
    app.app().add_message::<Call>().register_type::<Messages<Call>>();
    let entity = app.run(
        "on('Knock', function() print('knock') end)  on('Call', function() print('call') end)
         on('Add', 'Name', function() print('name') end)  print(wait_for('Knock'))",
    );
    app.frames(2);
    set_paused(&mut app, true);
    for _ in 0..50 {
        for _ in 0..20 {
            app.world().trigger(Knock { entity });
            app.world().write_message(Call);
            app.world().entity_mut(entity).insert(Name::new("x")).remove::<Name>();
        }
        app.frame();
    }
    set_paused(&mut app, false);
    app.frames(3);
    assert!(app.prints().is_empty(), "{:?}", app.prints());
    app.world().trigger(Knock { entity });
    app.world().write_message(Call);
    app.frames(2);
    assert_eq!(app.prints().len(), 3, "{:?}", app.prints());
}

#[test]
fn behaviours_end_with_their_last_words_and_leave_nothing() {
    let mut app = TestApp::new();
    let entity = app.run("task.on_cancel(function() print('last words') end)  wait(100)");
    let waiter = app.run("print(pcall(function() world:find('gone'):wait_for('Knock') end))");
    app.world().entity_mut(entity).insert(Name::new("gone"));
    app.frames(2);
    set_paused(&mut app, true);
    app.world().despawn(entity);
    app.frame();
    assert_eq!(app.prints(), ["last words"]);
    let script = app.script("crowd.lua", "print('never')");
    for _ in 0..50 {
        let crowd: Vec<Entity> = (0..500).map(|_| app.world().spawn(Behaviour::new(script.clone())).id()).collect();
        app.frame();
        for entity in crowd {
            app.world().despawn(entity);
        }
    }
    app.frame();
    set_paused(&mut app, false);
    app.frames(10);
    assert_eq!(
        app.prints(),
        ["last words", "false\ttest.lua:1: cancelled: the entity whose event was waited for is gone"]
    );
    assert_eq!(app.status(waiter), Some(BehaviourStatus::Finished));
    assert_eq!(app.world().non_send::<Scripts>().behaviours(), 1);
}

#[test]
fn changed_script_is_taken_up_afterwards() {
    let mut app = TestApp::new();
    let script = app.script("test.lua", "on('reload', function() print('reload') end)  wait(100)");
    app.world().spawn(Behaviour::new(script.clone()));
    app.frames(2);
    set_paused(&mut app, true);
    app.change_script(&script, "print('new')");
    app.frames(5);
    assert!(app.prints().is_empty(), "{:?}", app.prints());
    set_paused(&mut app, false);
    app.frame();
    assert_eq!(app.prints(), ["reload", "new"]);
}

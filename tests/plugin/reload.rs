//! Scripts that change while behaviours run them.

use bevy::prelude::*;
use deimos::testing::TestApp;
use deimos::{Behaviour, BehaviourStatus, LuaScript, Scripts};

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
    let touched = app.world().resource_mut::<Assets<LuaScript>>().get_mut(&script).map(|mut script| {
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
    app.world().resource_mut::<Assets<LuaScript>>().remove(&script);
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
    assert_eq!(app.errors()[0].message, "test.lua:4: in reload");
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

#[test]
fn reload_handler_that_waits_is_reported() {
    let mut app = TestApp::new();
    let script = app.script("test.lua", "on('reload', function()\nwait()  print('never') end)  wait(100)");
    app.world().spawn(Behaviour::new(script.clone()));
    app.frames(2);
    app.change_script(&script, "print('new')");
    app.frames(2);
    assert_eq!(app.prints(), ["new"]);
    let messages: Vec<&str> = app.errors().iter().map(|error| error.message.as_str()).collect();
    assert_eq!(messages, ["test.lua:2: cannot wait in a handler of 'reload'"]);
}

/// The memory of the scripts' values, without garbage.
fn memory(app: &mut TestApp) -> usize {
    let mut scripts = app.world().non_send_mut::<Scripts>();
    scripts.lua().collect_full();
    scripts.lua().memory_used()
}

/// Changes two scripts again and again; the memory and the number of entities after 10 changes and after 1,000.
fn reloaded(app: &mut TestApp, mut change: impl FnMut(&mut TestApp, usize)) -> [(usize, usize); 2] {
    let measure = |app: &mut TestApp| {
        let memory = memory(app);
        (memory, app.world().query::<Entity>().iter(app.world()).count())
    };
    let mut few = (0, 0);
    for n in 0..1000 {
        change(app, n);
        app.frame();
        if n == 9 {
            few = measure(app);
        }
    }
    [few, measure(app)]
}

#[test]
fn thousand_reloads_leak_nothing() {
    let source = |n: usize| {
        format!(
            "state.n = {n}  big = string.rep('x', 10000 + {n})  local list = {{}}  for i = 1, 100 do list[i] = {{i}} end
             params {{speed = {n}}}
             on('Gong', function() print(list) end)  on('reload', function() wait() end)
             spawn(function() local c <close> = setmetatable({{}}, {{__close = function() error('no', 0) end}})  wait(100) end)
             task.every(0.01, function() end)  task.delay(100, print)  task.on_cancel(function() end)
             wait_for('Gong{}')",
            n % 7
        )
    };
    let mut app = TestApp::new();
    let script = app.script("test.lua", &source(0));
    for _ in 0..3 {
        app.world().spawn(Behaviour::new(script.clone()));
    }
    let [(few, few_entities), (many, entities)] = reloaded(&mut app, |app, n| app.change_script(&script, &source(n)));
    assert!(many < few + 16_384, "{few} bytes after 10 changes, {many} after 1000");
    assert_eq!(few_entities, entities, "observers");
    let scripts = app.world().non_send::<Scripts>();
    assert_eq!(scripts.behaviours(), 3);
    assert!(scripts.error_sites().count() <= 2);
}

#[test]
fn thousand_reloads_of_a_module_leak_nothing() {
    let mut app = TestApp::new();
    app.file("a.lua", "return require 'b'");
    app.file("b.lua", "return 0");
    app.file("main.lua", "state.b = require 'a'  print(state.b)  wait(100)");
    app.run_file("main.lua");
    assert!(app.frames_until(|app| app.prints() == ["0"]));
    let module: Handle<LuaScript> = app.world().resource::<AssetServer>().load("b.lua");
    let [(few, few_entities), (many, entities)] = reloaded(&mut app, |app, n| {
        app.change_script(&module, &format!("big = string.rep('x', 10000)  return {n}"));
    });
    assert!(many < few + 4096, "{few} bytes after 10 changes, {many} after 1000");
    assert_eq!(few_entities, entities);
    assert_eq!(app.prints().len(), 1001);
    assert_eq!(app.prints().last(), Some(&"999"));
}

#[test]
fn thousand_changes_of_a_kept_script_leak_nothing() {
    let source = |n: usize| {
        format!(
            "--!keep\nbig = string.rep('x', 10000 + {n})  params {{speed = {n}}}
             on('Gong', function() print(big) end)  function step() return {n} end
             function main() while true do last = step()  wait() end end"
        )
    };
    let mut app = TestApp::new();
    let script = app.script("test.lua", &source(0));
    app.world().spawn(Behaviour::new(script.clone()));
    let [(few, few_entities), (many, entities)] = reloaded(&mut app, |app, n| app.change_script(&script, &source(n)));
    assert!(many < few + 4096, "{few} bytes after 10 changes, {many} after 1000");
    assert_eq!(few_entities, entities);
    assert!(app.errors().is_empty(), "{:?}", app.errors()[0]);
}

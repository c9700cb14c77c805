//! Scripts from files: loading, reloading, and files that are no scripts.

use bevy::prelude::*;
use deimos::testing::TestApp;
use deimos::{Behaviour, BehaviourStatus, DeimosPlugin, DeimosSettings, LuaScript, LuaScriptError};

#[test]
fn script_is_loaded_from_a_file() {
    let mut app = TestApp::new();
    app.file("scripts/hello.lua", "print('hello')  error('x')");
    let entity = app.run_file("scripts/hello.lua");
    assert!(app.frames_until(|app| !app.errors().is_empty()));
    assert_eq!(app.prints(), ["hello"]);
    assert_eq!(app.output()[0].script, "scripts/hello.lua");
    assert_eq!(app.errors()[0].message, "scripts/hello.lua:1: x");
    assert!(matches!(app.status(entity), Some(BehaviourStatus::Failed(_))));
}

#[test]
fn changed_file_restarts_with_state_kept() {
    let mut app = TestApp::new();
    app.file("a.lua", "state.n = 1  print('old')  wait(1000)");
    app.run_file("a.lua");
    assert!(app.frames_until(|app| app.prints() == ["old"]));
    app.file("a.lua", "print('new', state.n)");
    assert!(app.frames_until(|app| app.prints() == ["old", "new\t1"]));
}

#[test]
fn changed_file_that_does_not_compile_keeps_the_old_code() {
    let mut app = TestApp::new();
    app.file("a.lua", "state.n = 0  while true do state.n = state.n + 1  print(state.n)  wait() end");
    let entity = app.run_file("a.lua");
    assert!(app.frames_until(|app| !app.prints().is_empty()));
    app.file("a.lua", "while while");
    assert!(app.frames_until(|app| !app.errors().is_empty()));
    let before = app.prints().len();
    app.frames(2);
    assert_eq!(app.prints().len(), before + 2, "the old code runs on");
    assert_eq!(app.errors().len(), 1);
    let error = &app.errors()[0];
    assert_eq!((error.entity, error.script.as_str()), (None, "a.lua"));
    assert!(error.message.starts_with("a.lua:1: unexpected symbol near 'while'"), "{}", error.message);
    assert!(matches!(app.status(entity), Some(BehaviourStatus::Waiting(_))));
    // Once it compiles again it is taken over.
    app.file("a.lua", "print('mended')");
    assert!(app.frames_until(|app| app.prints().last() == Some(&"mended")));
}

#[test]
fn file_with_a_syntax_error_fails_and_recovers() {
    let mut app = TestApp::new();
    app.file("a.lua", "local x = 1\nlocal y = = 2\nprint(x)");
    let entity = app.run_file("a.lua");
    assert!(app.frames_until(|app| matches!(app.status(entity), Some(BehaviourStatus::Failed(_)))));
    let message = app.errors()[0].message.clone();
    assert_eq!(app.status(entity), Some(BehaviourStatus::Failed(message.clone())));
    assert_eq!(
        message,
        "a.lua:2: unexpected symbol near '='\n     1 | local x = 1\n >   2 | local y = = 2\n     3 | print(x)"
    );
    app.file("a.lua", "print('mended')");
    assert!(app.frames_until(|app| app.prints() == ["mended"]));
    assert_eq!(app.status(entity), Some(BehaviourStatus::Finished));
}

#[test]
fn syntax_error_marks_the_token() {
    let Err(error) = LuaScript::from_source("a.lua", "local x = 1\nlocal t = {\nx = )\n}") else { panic!() };
    let LuaScriptError::Syntax { line, excerpt, .. } = &error else { panic!("{error}") };
    assert_eq!(*line, Some(3));
    assert_eq!(excerpt, "\n     2 | local t = {\n >   3 | x = )\n       |     ^\n     4 | }");
}

#[test]
fn behaviour_that_comes_after_its_script_has_failed_to_load_fails() {
    let mut app = TestApp::new();
    let script = app.world().resource::<AssetServer>().load("late.lua");
    assert!(app.frames_until(|app| !app.errors().is_empty()));
    app.frames(3);
    let entity = app.world().spawn(Behaviour::new(script)).id();
    app.frame();
    assert!(matches!(app.status(entity), Some(BehaviourStatus::Failed(_))), "{:?}", app.status(entity));
    app.file("late.lua", "print('here')");
    assert!(app.frames_until(|app| app.prints() == ["here"]));
}

#[test]
fn file_that_is_not_there_fails() {
    let mut app = TestApp::new();
    let entity = app.run_file("nowhere.lua");
    assert!(app.frames_until(|app| matches!(app.status(entity), Some(BehaviourStatus::Failed(_)))));
    assert_eq!(app.errors()[0].script, "nowhere.lua");
    assert!(app.errors()[0].message.contains("nowhere.lua"), "{}", app.errors()[0].message);
}

#[test]
fn file_that_is_not_text_fails_with_the_place() {
    let mut app = TestApp::new();
    app.file("a.lua", b"local x = 1\nlocal y = '\xff'");
    let entity = app.run_file("a.lua");
    assert!(app.frames_until(|app| matches!(app.status(entity), Some(BehaviourStatus::Failed(_)))));
    assert_eq!(
        app.errors()[0].message,
        "'a.lua' is not UTF-8: the byte at offset 23 (line 2) does not belong to any character"
    );
}

#[test]
fn behaviour_that_comes_after_its_script_failed_fails_too() {
    let mut app = TestApp::new();
    app.file("a.lua", "=");
    let first = app.run_file("a.lua");
    assert!(app.frames_until(|app| matches!(app.status(first), Some(BehaviourStatus::Failed(_)))));
    let script = app.world().get::<Behaviour>(first).unwrap().script.clone();
    let second = app.world().spawn(Behaviour::new(script)).id();
    app.frames(2);
    assert!(matches!(app.status(second), Some(BehaviourStatus::Failed(_))));
}

#[test]
fn app_without_asset_plugin_runs_without_scripts() {
    let mut app = App::new();
    app.add_plugins((MinimalPlugins, DeimosPlugin::default()));
    app.finish();
    app.cleanup();
    let entity = app.world_mut().spawn(Behaviour::default()).id();
    app.update();
    app.update();
    assert_eq!(app.world().get::<BehaviourStatus>(entity), Some(&BehaviourStatus::Loading));
}

#[test]
fn asset_plugin_may_come_after() {
    let mut app = App::new();
    app.add_plugins((MinimalPlugins, DeimosPlugin::new(PreUpdate), AssetPlugin::default()));
    app.finish();
    app.cleanup();
    let script = LuaScript::from_source("a.lua", "").unwrap();
    let script = app.world_mut().resource_mut::<Assets<LuaScript>>().add(script);
    let entity = app.world_mut().spawn(Behaviour::new(script)).id();
    app.update();
    assert_eq!(app.world().get::<BehaviourStatus>(entity), Some(&BehaviourStatus::Finished));
}

#[test]
fn settings_are_written_in_ron() {
    let settings: DeimosSettings = ron::from_str("(slice: 5)").unwrap();
    assert_eq!(settings, DeimosSettings { slice: 5, ..default() });
    assert!(ron::from_str::<DeimosSettings>("(slize: 5)").is_err());
    let text = ron::to_string(&settings).unwrap();
    assert_eq!(ron::from_str::<DeimosSettings>(&text).unwrap(), settings);
}

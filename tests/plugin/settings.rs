//! The settings file: found, changed, and wrong.

use bevy::prelude::*;
use deimos::testing::TestApp;
use deimos::{DeimosPlugin, DeimosSettings, ErrorPolicy};

fn slice(app: &mut TestApp) -> u64 {
    app.world().resource::<DeimosSettings>().slice
}

#[test]
fn file_sets_what_it_says_and_changes_take_effect() {
    let mut app = TestApp::new();
    app.file("deimos.ron", "(slice: 5000)");
    assert!(app.frames_until(|app| slice(app) == 5000));
    assert_eq!(*app.world().resource::<DeimosSettings>(), DeimosSettings { slice: 5000, ..default() });
    app.file("deimos.ron", "(\n  slice: 6000,\n  frame_budget: 7000,\n)");
    assert!(app.frames_until(|app| slice(app) == 6000));
    assert_eq!(app.world().resource::<DeimosSettings>().frame_budget, 7000);
    assert!(app.errors().is_empty());
    // What the game sets itself holds until the file changes again.
    app.world().resource_mut::<DeimosSettings>().slice = 1;
    app.frames(3);
    assert_eq!(slice(&mut app), 1);
}

#[test]
fn file_that_is_wrong_changes_nothing_and_says_where() {
    let mut app = TestApp::new();
    app.file("deimos.ron", "(slice: 5000)");
    assert!(app.frames_until(|app| slice(app) == 5000));
    let mut count = 0;
    for (text, message) in [
        (
            "(\n  slice: 1,\n  frame_buget: 2,\n)",
            "deimos.ron:3: there is no setting 'frame_buget'; did you mean 'frame_budget'?",
        ),
        ("(colour: 1)", "deimos.ron:1: there is no setting 'colour'; there are frame_budget, slice, frame_time_limit"),
        ("(\nslice: \"x\")", "deimos.ron:2: "),
        ("(slice: -1)", "deimos.ron:1: "),
    ] {
        app.file("deimos.ron", text);
        count += 1;
        assert!(app.frames_until(|app| app.errors().len() == count), "{text}");
        let error = &app.errors()[count - 1];
        assert_eq!((error.entity, error.script.as_str()), (None, "deimos.ron"));
        assert!(error.message.starts_with(message), "{text}: {}", error.message);
        assert_eq!(slice(&mut app), 5000, "{text}");
    }
    app.file("deimos.ron", "(slice: 9)");
    assert!(app.frames_until(|app| slice(app) == 9));
}

#[test]
fn file_changes_only_what_it_mentions() {
    let own = DeimosSettings { memory_limit: 1 << 20, slice: 700, error_policy: ErrorPolicy::Restart, ..default() };
    let mut app = TestApp::with_settings(own.clone());
    app.file("deimos.ron", "(slice: 5000, frame_budget: 9000, error_policy: StopTask)");
    assert!(app.frames_until(|app| slice(app) == 5000));
    let set = DeimosSettings { slice: 5000, frame_budget: 9000, error_policy: ErrorPolicy::StopTask, ..own.clone() };
    assert_eq!(*app.world().resource::<DeimosSettings>(), set);

    // What is not mentioned any more is the game's again, also where the game has changed it meanwhile.
    app.world().resource_mut::<DeimosSettings>().frame_budget = 8000;
    app.file("deimos.ron", "(runaway_frames: 3)");
    assert!(app.frames_until(|app| slice(app) == 700));
    let set = DeimosSettings { runaway_frames: 3, frame_budget: 8000, ..own.clone() };
    assert_eq!(*app.world().resource::<DeimosSettings>(), set);

    app.file("deimos.ron", "()");
    assert!(app.frames_until(|app| app.world().resource::<DeimosSettings>().runaway_frames == own.runaway_frames));
    assert_eq!(*app.world().resource::<DeimosSettings>(), DeimosSettings { frame_budget: 8000, ..own });
    assert!(app.errors().is_empty());
}

#[test]
fn file_has_another_name_or_is_not_looked_for() {
    let mut app = TestApp::build(DeimosPlugin::default().with_settings_file("config/scripts.ron"), |_| {});
    app.file("deimos.ron", "(slice: 1)");
    app.file("config/scripts.ron", "(slice: 2)");
    assert!(app.frames_until(|app| slice(app) == 2));
    app.file("config/scripts.ron", "(slize: 2)");
    assert!(app.frames_until(|app| !app.errors().is_empty()));
    assert_eq!(app.errors()[0].script, "config/scripts.ron");

    let mut app = TestApp::build(DeimosPlugin::default().without_settings_file(), |_| {});
    app.file("deimos.ron", "(slice: 1)");
    app.frames(50);
    std::thread::sleep(std::time::Duration::from_millis(20));
    app.frames(50);
    assert_eq!(slice(&mut app), DeimosSettings::default().slice);
}

#[test]
fn no_file_is_no_error() {
    let mut app = TestApp::new();
    app.frames(20);
    assert!(app.errors().is_empty());
    assert_eq!(*app.world().resource::<DeimosSettings>(), DeimosSettings::default());
}

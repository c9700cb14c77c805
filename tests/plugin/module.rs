//! Modules: `require` in behaviours, from files that come, change and go wrong.

use bevy::prelude::*;
use deimos::BehaviourStatus;
use deimos::testing::TestApp;

/// An app with these files.
fn app_with(files: &[(&str, &str)]) -> TestApp {
    let mut app = TestApp::new();
    for (path, text) in files {
        app.file(path, text);
    }
    app
}

/// What an app with these files prints when `main.lua` has ended.
fn run(files: &[(&str, &str)]) -> Vec<String> {
    let mut app = app_with(files);
    let entity = app.run_file("main.lua");
    let is_over =
        |app: &mut TestApp| matches!(app.status(entity), Some(BehaviourStatus::Finished | BehaviourStatus::Failed(_)));
    assert!(app.frames_until(is_over), "{:?}", app.status(entity));
    let errors: Vec<&str> = app.errors().iter().map(|error| error.message.as_str()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    app.prints().into_iter().map(str::to_owned).collect()
}

#[test]
fn module_runs_once_and_its_value_is_shared() {
    let util = "print('runs')  return {twice = function(x) return 2 * x end}";
    let main = "local u = require 'scripts.util'  print(u.twice(21), u == require 'scripts.util')";
    let prints = run(&[("scripts/util.lua", util), ("main.lua", main)]);
    assert_eq!(prints, ["runs", "42\ttrue"]);
}

#[test]
fn module_that_returns_nothing_is_true() {
    assert_eq!(run(&[("a.lua", "x = 1"), ("main.lua", "print(require 'a', x)")]), ["true\tnil"]);
}

#[test]
fn module_gets_its_name_and_path() {
    assert_eq!(
        run(&[("s/a.lua", "return table.concat({...}, ' ')"), ("main.lua", "print(require 's.a')")]),
        ["s.a s/a.lua"]
    );
}

#[test]
fn module_has_globals_of_its_own_and_no_entity() {
    let module = "count = 1  return function() count = count + 1  return count, self, state end";
    let main = "count = 10  local f = require 'a'  print(f())  print(count, pcall(function() string.x = 1 end))";
    assert_eq!(run(&[("a.lua", module), ("main.lua", main)])[0], "2\tnil\tnil");
}

#[test]
fn dot_in_front_means_the_folder_of_the_script() {
    let prints = run(&[
        ("scripts/deep/a.lua", "return require('.b') .. require('..c')"),
        ("scripts/deep/b.lua", "return 'b'"),
        ("scripts/c.lua", "return 'c'"),
        ("main.lua", "print(require '.scripts.deep.a')"),
    ]);
    assert_eq!(prints, ["bc"]);
}

#[test]
fn all_behaviours_share_a_module() {
    let mut app = app_with(&[
        ("a.lua", "print('runs')  wait(0.1)  return {n = 0}"),
        ("main.lua", "local a = require 'a'  a.n = a.n + 1  print(a.n)"),
    ]);
    for _ in 0..3 {
        app.run_file("main.lua");
    }
    assert!(app.frames_until(|app| app.prints().len() == 4));
    assert_eq!(app.prints(), ["runs", "1", "2", "3"]);
}

#[test]
fn require_suspends_from_everywhere() {
    let main = "local co = coroutine.wrap(function() return select(2, pcall(require, 'a')) end)
                print(co())
                print(setmetatable({}, {__index = function(_, name) return require(name) end}).b)
                local list = {2, 1}  table.sort(list, function(x, y) require 'c'  return x < y end)  print(list[1])";
    let prints = run(&[("a.lua", "return 'a'"), ("b.lua", "return 'b'"), ("c.lua", ""), ("main.lua", main)]);
    assert_eq!(prints, ["a", "b", "1"]);
}

#[test]
fn circle_is_an_error_that_shows_it() {
    let mut app = app_with(&[
        ("a.lua", "return require 'b'"),
        ("b.lua", "return require 'c'"),
        ("c.lua", "return require 'a'"),
        ("main.lua", "require 'a'"),
    ]);
    app.run_file("main.lua");
    assert!(app.frames_until(|app| !app.errors().is_empty()));
    let message = &app.errors()[0].message;
    assert_eq!(message, "c.lua:1: modules require each other in a circle: c.lua -> a.lua -> b.lua -> c.lua");
}

#[test]
fn circle_between_tasks_is_an_error_too() {
    let mut app = app_with(&[
        ("a.lua", "wait(0.1)  return require 'b'"),
        ("b.lua", "wait(0.1)  return require 'a'"),
        ("main.lua", "spawn(require, 'a')  spawn(require, 'b')"),
    ]);
    app.run_file("main.lua");
    assert!(app.frames_until(|app| !app.errors().is_empty()));
    assert!(app.errors()[0].message.contains("in a circle: "), "{}", app.errors()[0].message);
}

#[test]
fn module_that_requires_itself_is_an_error() {
    let main = "print(select(2, pcall(require, 'a')))";
    assert_eq!(
        run(&[("a.lua", "require 'a'"), ("main.lua", main)]),
        ["a.lua:1: modules require each other in a circle: a.lua -> a.lua"]
    );
}

#[test]
fn file_that_is_not_there_is_an_error_with_the_reason() {
    let mut app = app_with(&[("main.lua", "require 'scripts.util'")]);
    let entity = app.run_file("main.lua");
    assert!(app.frames_until(|app| !app.errors().is_empty()));
    let error = &app.errors()[0];
    assert_eq!(error.entity, Some(entity));
    assert!(error.message.starts_with("main.lua:1: module 'scripts.util' cannot be loaded: "), "{}", error.message);
    assert!(error.message.contains("scripts/util.lua"), "{}", error.message);
    // Once the file is there, those who wanted it start anew.
    app.file("scripts/util.lua", "print('there')");
    assert!(app.frames_until(|app| app.prints() == ["there"]));
    assert_eq!(app.errors().len(), 1);
}

#[test]
fn module_that_does_not_compile_is_an_error_with_the_place() {
    let mut app = app_with(&[("a.lua", "local x = = 1"), ("main.lua", "print(pcall(require, 'a'))  error('end')")]);
    app.run_file("main.lua");
    assert!(app.frames_until(|app| !app.errors().is_empty()));
    let print = app.prints()[0].to_owned();
    assert!(print.contains("module 'a' cannot be loaded: a.lua:1: unexpected symbol near '='"), "{print}");
    assert_eq!(app.errors().len(), 1, "who requires it hears of it, and nobody else");
    app.file("a.lua", "return 'mended'");
    assert!(app.frames_until(|app| app.prints().last() == Some(&"true\tmended")));
}

#[test]
fn module_that_fails_is_tried_again() {
    let module = "n = 0  if not tried then wait()  error('broken') end";
    let main = "for i = 1, 2 do print(pcall(require, 'a')) end";
    assert_eq!(run(&[("a.lua", module), ("main.lua", main)]), ["false\ta.lua:1: broken"; 2]);
}

#[test]
fn module_whose_task_is_cancelled_runs_in_the_next_one() {
    let module = "print('runs')  wait(0.05)  return 'value'";
    let main = "local first = spawn(coroutine.wrap(function() require 'a' end))
                local second = spawn(function() print(require 'a') end)
                wait(0.03)
                task.cancel(first)
                task.join(second)";
    // The first wait is over when the file is there.
    let main = format!("require 'b'  {main}");
    let prints = run(&[("a.lua", module), ("b.lua", ""), ("main.lua", &main)]);
    assert_eq!(prints.last().map(String::as_str), Some("value"), "{prints:?}");
}

#[test]
fn names_are_checked() {
    for (call, message) in [
        ("require 'scripts/util.lua'", "write require \"scripts.util\""),
        ("require '../x'", "write require \"..x\""),
        ("require 'a b'", "is no name of a module"),
        ("require '..x'", "leads out of the assets folder"),
        ("require(1)", "name of a module expected, got number"),
    ] {
        let mut app = TestApp::new();
        app.run(call);
        app.frame();
        assert_eq!(app.errors().len(), 1, "{call}");
        assert!(app.errors()[0].message.contains(message), "{call}: {}", app.errors()[0].message);
    }
}

#[test]
fn changed_module_restarts_who_required_it_with_state_kept() {
    let mut app = app_with(&[
        ("deep.lua", "return 'one'"),
        ("mid.lua", "return {get = function() return require 'deep' end}"),
        ("other.lua", "print('other')  return 'other'"),
        ("main.lua", "state.n = (state.n or 0) + 1  print(state.n, require('mid').get())  wait(1000)"),
        ("apart.lua", "print('apart', require 'other')  wait(1000)"),
    ]);
    app.run_file("main.lua");
    app.run_file("main.lua");
    app.run_file("apart.lua");
    assert!(app.frames_until(|app| app.prints().len() == 4));
    app.file("deep.lua", "return 'two'");
    assert!(app.frames_until(|app| app.prints().len() == 6));
    app.frames(5);
    assert_eq!(app.prints()[4..], ["2\ttwo"; 2]);
    // Once more, since what is known of who requires whom has been built anew.
    app.file("mid.lua", "return {get = function() return 'mid' end}");
    assert!(app.frames_until(|app| app.prints().len() == 8));
    app.file("deep.lua", "return 'three'");
    app.frames(20);
    std::thread::sleep(std::time::Duration::from_millis(50));
    app.frames(20);
    assert_eq!(app.prints()[6..], ["3\tmid"; 2], "nobody requires it any more");
    assert!(app.errors().is_empty());
}

#[test]
fn changed_module_that_does_not_compile_keeps_the_old_one() {
    let mut app =
        app_with(&[("a.lua", "return 'old'"), ("main.lua", "for i = 1, 1000000 do print(i, require 'a')  wait() end")]);
    app.run_file("main.lua");
    assert!(app.frames_until(|app| !app.prints().is_empty()));
    app.file("a.lua", "return (");
    assert!(app.frames_until(|app| !app.errors().is_empty()));
    assert_eq!((app.errors()[0].script.as_str(), app.errors()[0].entity), ("a.lua", None));
    let before = app.prints().len();
    app.frames(2);
    assert_eq!(app.prints().len(), before + 2);
    assert_eq!(app.prints()[before], format!("{}\told", before + 1));
}

//! Scripts with `--!keep`: each clause of what becomes of their behaviours when they change.

use bevy::prelude::*;
use deimos::testing::TestApp;
use deimos::{Behaviour, BehaviourStatus, LuaScript};

use super::wait::Gong;

/// What a script prints in two frames before and two after it changes, and its errors.
#[track_caller]
fn changed(old: &str, new: &str, expected: &[&str]) -> TestApp {
    let mut app = TestApp::new();
    let script = app.script("test.lua", old);
    app.world().spawn(Behaviour::new(script.clone()));
    app.frames(2);
    app.change_script(&script, new);
    app.frames(2);
    assert_eq!(app.prints(), expected, "{:?}", app.errors());
    app
}

#[test]
fn mark_is_a_line_of_the_comments_at_the_top() {
    for (source, keeps) in [
        ("--!keep", true),
        ("#!/usr/bin/env deimos\n\n-- A guard.\n  --!keep  \nlocal x = 1", true),
        ("\u{feff}--!keep\r\nlocal x", true),
        ("local x = 1\n--!keep", false),
        ("-- about --!keep", false),
        ("--!keeper", false),
        ("", false),
    ] {
        let script = LuaScript::from_source("test.lua", source).unwrap();
        assert_eq!(script.keeps(), keeps, "{source}");
    }
}

#[test]
fn main_runs_once_when_all_is_defined() {
    let mut app = TestApp::new();
    let entity = app
        .run("--!keep\nfunction main(...) print('main', later, select('#', ...), time.frame)  wait() end\nlater = 1");
    app.frames(3);
    assert_eq!(app.prints(), ["main\t1\t0\t1"]);
    assert_eq!(app.status(entity), Some(BehaviourStatus::Finished));
}

#[test]
fn script_without_main_only_has_handlers() {
    let mut app = TestApp::new();
    app.run("--!keep\non('Gong', function() print('gong') end)");
    app.frame();
    app.world().trigger(Gong);
    app.frame();
    assert_eq!(app.prints(), ["gong"]);
}

#[test]
fn running_coroutine_reaches_new_functions_through_globals() {
    changed(
        "--!keep\nfunction step() return 'old' end\nfunction main() print('main')  while true do print(step())  wait() end end",
        "--!keep\nfunction step() return 'new' end\nfunction main() print('never') end",
        &["main", "old", "old", "new", "new"],
    );
}

#[test]
fn function_that_runs_ends_as_it_began() {
    changed(
        "--!keep
         function slow() print('a')  wait()  wait()  print('b')  wait() end
         function main() while true do slow() end end",
        "--!keep\nfunction slow() print('new')  wait() end",
        &["a", "b", "new"],
    );
}

#[test]
fn locals_stay_with_the_code_that_holds_them() {
    changed(
        "--!keep
         local n = 0
         local function name() return 'old' end
         function count() n = n + 1  return n end
         function main() while true do print(name(), count())  wait() end end",
        "--!keep
         local n = 10
         local function name() return 'new' end
         function count() n = n + 1  return n end",
        &["old\t1", "old\t2", "old\t11", "old\t12"],
    );
}

#[test]
fn globals_that_the_body_sets_are_set_anew_and_others_stay() {
    changed(
        "--!keep\ncount = count or 0  limit = 1
         function main() own = 'own'  while true do count = count + 1  print(count, limit, own)  wait() end end",
        "--!keep\ncount = count or 0  limit = 2",
        &["1\t1\town", "2\t1\town", "3\t2\town", "4\t2\town"],
    );
}

#[test]
fn handlers_of_the_body_are_replaced_and_those_of_tasks_stay() {
    let mut app = TestApp::new();
    let script = app.script(
        "test.lua",
        "--!keep\non('Gong', function() print('old') end)
         function main() on('Gong', function() print('main') end)  wait(100) end",
    );
    app.world().spawn(Behaviour::new(script.clone()));
    app.frame();
    for n in 1..=3 {
        app.change_script(&script, &format!("--!keep\non('Gong', function() print('new', {n}) end)"));
        app.frame();
    }
    app.world().trigger(Gong);
    app.frame();
    assert_eq!(app.prints(), ["main", "new\t3"]);
}

#[test]
fn state_and_self_are_the_same() {
    changed(
        "--!keep\nfunction main() state.n = 1  me = self  while true do wait() end end",
        "--!keep\nprint(state.n, me == self)",
        &["1\ttrue"],
    );
}

#[test]
fn reload_handlers_of_the_old_body_run_first() {
    changed(
        "--!keep\nstate.n = 0  on('reload', function(s) s.n = s.n + 1  print('old', s == state) end)",
        "--!keep\nprint('new', state.n)  on('reload', print)",
        &["old\ttrue", "new\t1"],
    );
}

#[test]
fn parameters_are_declared_anew() {
    let mut app = TestApp::new();
    let main = "function main() while true do print(params.speed, params.name)  wait() end end";
    let script = app.script("test.lua", &format!("--!keep\nparams {{speed = 1.0}}\n{main}"));
    app.world().spawn(Behaviour::new(script.clone()));
    app.world().spawn(Behaviour::new(script.clone()).with("speed", 5));
    app.frame();
    app.change_script(&script, &format!("--!keep\nparams {{speed = 2.0, name = 'x'}}\n{main}"));
    app.frame();
    assert_eq!(app.prints(), ["1.0\tnil", "5.0\tnil", "2.0\tx", "5.0\tx"], "{:?}", app.errors());
}

#[test]
fn new_body_that_fails_keeps_all_running() {
    let app = changed(
        "--!keep\nfunction step() return 'old' end\non('Gong', function() print('gong') end)
         function main() while true do print(step())  wait() end end",
        "--!keep\nfunction step() return 'new' end\non('Gong', function() print('half') end)\nerror('broken')",
        &["old", "old", "new", "new"],
    );
    let mut app = app;
    assert_eq!(app.errors().len(), 1);
    assert_eq!(app.errors()[0].message, "test.lua:4: broken");
    app.world().trigger(Gong);
    app.frame();
    assert_eq!(app.prints()[4..], ["gong", "new"], "handlers stay as they were");
}

#[test]
fn change_that_does_not_compile_keeps_all_running() {
    let mut app = TestApp::new();
    app.file(
        "a.lua",
        "--!keep\nfunction main() while true do print(step())  wait() end end\nfunction step() return 1 end",
    );
    app.run_file("a.lua");
    assert!(app.frames_until(|app| !app.prints().is_empty()));
    app.file("a.lua", "--!keep\nfunction step() return = 2 end");
    assert!(app.frames_until(|app| !app.errors().is_empty()));
    assert!(app.errors()[0].message.contains("a.lua:2: unexpected symbol near '='\n     1 | --!keep\n >   2 |"));
    app.frames(2);
    assert_eq!(app.prints().last(), Some(&"1"));
    app.file("a.lua", "--!keep\nfunction step() return 2 end");
    assert!(app.frames_until(|app| app.prints().last() == Some(&"2")));
}

#[test]
fn body_that_waits_or_starts_tasks_is_an_error() {
    for call in [
        "wait()",
        "wait_until(function() end)",
        "wait_for('Gong')",
        "spawn(print)",
        "task.defer(print)",
        "coroutine.yield()",
    ] {
        let mut app = TestApp::new();
        let entity = app.run(&format!("--!keep\n{call}\nprint('never')"));
        app.frames(3);
        assert_eq!(app.errors().len(), 1, "{call}");
        let message = &app.errors()[0].message;
        assert!(message.starts_with("test.lua:2: the body of a script with --!keep only defines"), "{call}: {message}");
        assert!(app.prints().is_empty() && matches!(app.status(entity), Some(BehaviourStatus::Failed(_))), "{call}");
    }
}

#[test]
fn behaviour_that_has_failed_starts_anew() {
    changed(
        "--!keep\nfunction main() print('old')  error('broken') end",
        "--!keep\nfunction main() print('mended') end",
        &["old", "mended"],
    );
}

#[test]
fn behaviour_of_which_nothing_goes_on_starts_anew() {
    changed("--!keep\nfunction main() print('old') end", "--!keep\nfunction main() print('new') end", &["old", "new"]);
}

#[test]
fn what_the_new_version_says_holds() {
    let mut app = TestApp::new();
    let kept = |n| format!("--!keep\nfunction main() print('kept', {n})  wait(100) end");
    let plain = |n| format!("print('plain', {n})  wait(100)");
    let script = app.script("test.lua", &plain(1));
    app.world().spawn(Behaviour::new(script.clone()));
    app.frame();
    for source in [kept(2), kept(3), plain(4), kept(5)] {
        app.change_script(&script, &source);
        app.frames(2);
    }
    assert_eq!(app.prints(), ["plain\t1", "kept\t2", "plain\t4", "kept\t5"]);
}

#[test]
fn new_body_may_require_and_changed_modules_reach_it() {
    let mut app = TestApp::new();
    app.file("a.lua", "return 'a'");
    app.file("b.lua", "return 'b'");
    let main = "function main() print('main')  while true do print(part)  wait_until(function() return part ~= last end)  last = part end end";
    app.file("main.lua", format!("--!keep\npart = require 'a'\n{main}"));
    app.run_file("main.lua");
    assert!(app.frames_until(|app| app.prints().last() == Some(&"a")));
    app.file("main.lua", format!("--!keep\npart = require 'b'\n{main}"));
    assert!(app.frames_until(|app| app.prints().last() == Some(&"b")));
    app.file("b.lua", "return 'c'");
    assert!(app.frames_until(|app| app.prints().last() == Some(&"c")));
    assert_eq!(app.prints().iter().filter(|line| **line == "main").count(), 1);
    assert!(app.errors().is_empty(), "{:?}", app.errors());
}

#[test]
fn new_body_that_never_ends_is_replaced_by_the_next() {
    let mut app = TestApp::new();
    let script = app.script("test.lua", "--!keep\nfunction main() while true do print(n)  wait() end end");
    app.world().spawn(Behaviour::new(script.clone()));
    app.frame();
    app.change_script(&script, "--!keep\nn = 1  while true do end");
    app.frames(2);
    app.change_script(&script, "--!keep\nn = 2");
    app.frames(2);
    assert_eq!(app.prints().last(), Some(&"2"));
    assert!(app.errors().is_empty(), "{:?}", app.errors());
}

//! What a script's globals are: its own, before those that all share.

use bevy::prelude::*;
use deimos::testing::TestApp;
use deimos::{Behaviour, LogLevel, LuaData};

#[test]
fn globals_that_a_script_assigns_are_its_own() {
    let mut app = TestApp::new();
    let script = app.script("test.lua", "count = (count or 0) + 1  wait()  print(count)");
    for _ in 0..2 {
        app.world().spawn(Behaviour::new(script.clone()));
    }
    app.frames(2);
    assert_eq!(app.prints(), ["1", "1"]);
}

#[test]
fn loaded_code_has_the_environment_of_the_script_that_loads_it() {
    let mut app = TestApp::new();
    let source = "name = tostring(self)  load('twice = name .. name')()  wait()  print(twice == name .. name)";
    let script = app.script("test.lua", source);
    for _ in 0..2 {
        app.world().spawn(Behaviour::new(script.clone()));
    }
    app.frames(2);
    assert_eq!(app.prints(), ["true", "true"]);
}

#[test]
fn shared_tables_are_read_only() {
    for source in [
        "string.upper = nil",
        "math.pi = 3",
        "_G.print = nil",
        "rawset(_G, 'x', 1)",
        "log.info = print",
        "wait = wait  getmetatable('').__index = {}",
        "table.insert(string, 1)",
    ] {
        let mut app = TestApp::new();
        app.run(source);
        app.frame();
        assert_eq!(app.errors().len(), 1, "{source}");
        assert!(app.errors()[0].message.contains("read-only"), "{source}: {}", app.errors()[0].message);
    }
}

#[test]
fn metatables_of_the_plugin_are_out_of_reach() {
    let mut app = TestApp::new();
    app.run_on(
        "print(getmetatable(self), getmetatable(self.Transform), getmetatable(_ENV), getmetatable(time))
         print(pcall(setmetatable, _ENV, {}))",
        Transform::default(),
    );
    app.frame();
    assert_eq!(app.prints(), ["false\tfalse\tfalse\tfalse", "false\tcannot change a protected metatable"]);
}

#[test]
fn params_are_what_the_component_says() {
    let mut app = TestApp::new();
    let script = app.script(
        "test.lua",
        "print(params.flag, params.count, params.speed, params.name, #params.list, params.list[2][1], params.none)
         print(math.type(params.count), math.type(params.speed))",
    );
    let list = LuaData::List(vec![1.into(), ["deep"].into()]);
    let behaviour = Behaviour::new(script)
        .with("flag", true)
        .with("count", 3)
        .with("speed", 1.5)
        .with("name", "old")
        .with("name", "guard")
        .with("list", list);
    assert_eq!(behaviour.params.get("count"), Some(&LuaData::Integer(3)));
    app.world().spawn(behaviour);
    app.frame();
    assert_eq!(app.prints(), ["true\t3\t1.5\tguard\t2\tdeep\tnil", "integer\tfloat"]);
}

#[test]
fn params_are_read_only() {
    let mut app = TestApp::new();
    let script = app.script("test.lua", "print(pcall(function() params.speed = 2 end))");
    app.world().spawn(Behaviour::new(script.clone()).with("speed", 1));
    app.world().spawn(Behaviour::new(script));
    app.frame();
    assert_eq!(app.prints(), ["false\ttest.lua:1: attempt to modify a read-only table (field 'speed')"; 2]);
}

#[test]
fn print_and_log_say_who_speaks() {
    let mut app = TestApp::new();
    let entity = app.run(
        "print('a', 1)  log('b', nil)  log.warn('c')  log.error(setmetatable({}, {__tostring = function() return 'd' end}), 2)",
    );
    app.frame();
    let lines: Vec<(LogLevel, &str)> = app.output().iter().map(|line| (line.level, line.text.as_str())).collect();
    assert_eq!(
        lines,
        [(LogLevel::Info, "a\t1"), (LogLevel::Info, "b\tnil"), (LogLevel::Warn, "c"), (LogLevel::Error, "d\t2")]
    );
    assert!(app.output().iter().all(|line| line.entity == entity && line.script == "test.lua"));
}

#[test]
fn log_rejects_a_tostring_that_returns_no_string() {
    let mut app = TestApp::new();
    app.run("log(setmetatable({}, {__tostring = function() return {} end}))");
    app.frame();
    assert!(app.errors()[0].message.contains("'__tostring' must return a string"), "{:?}", app.errors());
}

#[test]
fn globals_set_by_the_game_are_seen() {
    let mut app = TestApp::new();
    app.world().non_send_mut::<deimos::Scripts>().lua().set_global("difficulty", 3).unwrap();
    app.run("print(difficulty)");
    app.frame();
    assert_eq!(app.prints(), ["3"]);
}

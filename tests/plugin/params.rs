//! Parameters: given by Rust and by other scripts, and declared: `params { speed = 2.0 }`.

use bevy::prelude::*;
use deimos::testing::TestApp;
use deimos::{Behaviour, BehaviourStatus, DeclaredParam, DeclaredParams, LuaData, LuaFields};

/// What a script with parameters prints, and its errors.
fn run(source: &str, set: impl FnOnce(Behaviour) -> Behaviour) -> (Vec<String>, Vec<String>) {
    let mut app = TestApp::new();
    let script = app.script("guard.lua", source);
    app.world().spawn(set(Behaviour::new(script)));
    app.frame();
    let prints = app.prints().into_iter().map(str::to_owned).collect();
    (prints, app.errors().iter().map(|error| error.message.clone()).collect())
}

#[test]
fn defaults_hold_where_nothing_is_given() {
    let source = "local p = params {speed = 2.0, name = 'x', list = {1, 2}}
                  print(p == params, params.speed, params.name, #params.list)";
    let (prints, errors) = run(source, |behaviour| behaviour);
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(prints, ["true\t2.0\tx\t2"]);
}

#[test]
fn what_is_given_takes_the_place_of_defaults() {
    let source = "params {speed = 2.0, count = 1, name = 'x', on = true, list = {}}
                  print(params.speed, params.count, params.name, params.on, #params.list)";
    let set = |behaviour: Behaviour| {
        behaviour.with("speed", 3).with("count", 4.0).with("name", "y").with("on", false).with("list", vec![1, 2, 3])
    };
    let (prints, errors) = run(source, set);
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(prints, ["3.0\t4\ty\tfalse\t3"]);
}

#[test]
fn parameters_are_those_of_the_behaviour() {
    let mut app = TestApp::new();
    let script = app.script("a.lua", "params {n = 0}  wait()  print(params.n)");
    app.world().spawn(Behaviour::new(script.clone()));
    app.world().spawn(Behaviour::new(script.clone()).with("n", 1));
    app.world().spawn(Behaviour::new(script));
    app.frames(2);
    assert_eq!(app.prints(), ["0", "1", "0"]);
}

#[test]
fn what_does_not_fit_is_an_error_that_names_it() {
    type Set = fn(Behaviour) -> Behaviour;
    let cases: [(&str, Set, &str); 13] = [
        (
            "params {speed = 2.0}",
            |b| b.with("sped", 1),
            "there is no parameter 'sped' in guard.lua; did you mean 'speed'?",
        ),
        (
            "params {hp = 2, mp = 1}",
            |b| b.with("elephant", 1),
            "there is no parameter 'elephant' in guard.lua; there are hp, mp",
        ),
        (
            "params {speed = 2.0}",
            |b| b.with("speed", "fast"),
            "parameter 'speed' is a number, as its default says; got the string 'fast'",
        ),
        (
            "params {name = 'x'}",
            |b| b.with("name", 5),
            "parameter 'name' is a string, as its default says; got the number 5",
        ),
        (
            "params {n = 2}",
            |b| b.with("n", 2.5),
            "parameter 'n' is a whole number, got 2.5; to allow fractions, write the default as 2.0",
        ),
        (
            "params {x = {}}",
            |b| b.with("x", true),
            "parameter 'x' is a table, as its default says; got the boolean true",
        ),
        (
            "params {at = vec3(1, 2, 3)}",
            |b| b.with("at", Vec2::ONE),
            "parameter 'at' is a vec3, as its default says; got a vec2",
        ),
        (
            "params {at = vec3(1, 2, 3)}",
            |b| b.with("at", 5),
            "parameter 'at' is a vec3, as its default says; got the number 5",
        ),
        (
            "params {target = self}",
            |b| b.with("target", Color::WHITE),
            "parameter 'target' is an entity, as its default says; got a color",
        ),
        (
            "params {f = print}",
            |b| b,
            "cannot set 'params.f': it wants a boolean, number, string, entity, vector, colour or table, got a function",
        ),
        (
            "params {t = {[true] = 1}}",
            |b| b,
            "cannot set 'params.t': the keys of its tables are strings, or 1, 2, 3, …, and 'true' is not",
        ),
        ("params(1)", |b| b, "params {name = default, …} wants a table, got number"),
        ("params {}  params {}", |b| b, "params {…} was called before in this script"),
    ];
    for (source, set, message) in cases {
        let (_, errors) = run(source, set);
        assert_eq!(errors, [format!("guard.lua:1: {message}")], "{source}");
    }
}

#[test]
fn declared_parameters_are_read_only() {
    let (_, errors) = run("params {n = 1}  params.n = 2", |behaviour| behaviour);
    assert_eq!(errors, ["guard.lua:1: attempt to modify a read-only table (field 'n')"]);
}

#[test]
fn what_declared_tables_hold_is_read_only_too() {
    let set = |behaviour: Behaviour| behaviour.with("given", [1, 2]);
    for list in ["given", "default"] {
        let source = format!("params {{given = {{}}, default = {{1}}}}  params.{list}[1] = 3");
        assert_eq!(run(&source, set).1, ["guard.lua:1: attempt to modify a read-only table"], "{list}");
    }
}

#[test]
fn holds_whatever_is_data() {
    let mut app = TestApp::new();
    let target = app.world().spawn(Name::new("target")).id();
    let source = "print(params.home, params.turn, params.tint, params.cell, params.target.name)
                  print(params.loot.gold, params.loot.names[2], #params.path, params.path[1])";
    let script = app.script("guard.lua", source);
    let loot = LuaFields::from([("gold".to_owned(), 5.into()), ("names".to_owned(), ["a", "b"].into())]);
    let behaviour = Behaviour::new(script)
        .with("home", Vec3::X)
        .with("turn", Quat::IDENTITY)
        .with("tint", Color::srgb(1.0, 0.5, 0.0))
        .with("cell", IVec2::new(1, 2))
        .with("target", target)
        .with("loot", loot)
        .with("path", [Vec2::ONE, Vec2::ZERO]);
    app.world().spawn(behaviour);
    app.frame();
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert_eq!(
        app.prints(),
        ["vec3(1, 0, 0)\tquat(0, 0, 0, 1)\tcolor(1, 0.5, 0, 1)\tivec2(1, 2)\ttarget", "5\tb\t2\tvec2(1, 1)"]
    );
}

#[test]
fn another_script_gives_them_as_a_table() {
    let guard = "params {speed = 1.0, name = 'x', home = vec3(0, 0, 0), loot = {}, target = self}
                 print(params.speed, params.name, params.home, params.loot.gold, params.loot.path[2])
                 print(params.target == self, params.target.alive)";
    let mut app = TestApp::new();
    app.file("scripts/guard.lua", guard);
    app.run(
        "local loot = {gold = 3, path = {1, 'two'}}
         local params = {speed = 3, name = 'y', home = vec3(1, 2, 3), loot = loot, target = self}
         local guard = world:spawn{Behaviour = {script = 'scripts/guard.lua', params = params}}
         print(guard.Behaviour.script, guard.Behaviour.params.speed, guard.Behaviour.params.loot.path[2])",
    );
    assert!(app.frames_until(|app| app.prints().len() == 3), "{:?}", app.errors());
    assert_eq!(
        app.prints(),
        ["Asset(scripts/guard.lua)\t3\ttwo", "3.0\ty\tvec3(1, 2, 3)\t3\ttwo", "false\ttrue"],
        "{:?}",
        app.errors()
    );
}

#[test]
fn what_another_script_cannot_give_is_an_error() {
    let mut app = TestApp::new();
    app.run("world:spawn{Behaviour = {script = 'x.lua', params = {f = print}}}");
    app.run("world:spawn{Behaviour = {script = 'x.lua', params = {[true] = 1}}}");
    app.run("world:spawn{Behaviour = {script = 5}}");
    app.frame();
    let errors: Vec<&str> = app.errors().iter().map(|error| error.message.as_str()).collect();
    assert_eq!(
        errors,
        [
            "test.lua:1: cannot set 'Behaviour.params[f]': it wants a boolean, number, string, entity, vector, \
             colour or table, got a function",
            "test.lua:1: cannot set 'Behaviour.params[true]': it wants a string, got a boolean",
            "test.lua:1: cannot set 'Behaviour.script': it wants the path of an asset, or a handle, got a number",
        ]
    );
}

#[test]
fn a_script_changes_them_for_the_next_start() {
    let mut app = TestApp::new();
    let entity = app.run_on(
        "print(params.n)  wait()
         self.Behaviour.params.n = 2  wait()
         print(params.n)
         if params.n < 2 then self.Behaviour = self.Behaviour:copy() end",
        (),
    );
    app.world().get_mut::<Behaviour>(entity).expect("it has one").params.insert("n".to_owned(), 1.into());
    app.frames(6);
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert_eq!(app.prints(), ["1", "1", "2", "2"]);
}

#[test]
fn what_a_script_declares_is_a_component() {
    let mut app = TestApp::new();
    let script = app.script("guard.lua", "params {speed = 2.0, home = vec3(1, 2, 3), list = {1}}");
    let entity = app.world().spawn(Behaviour::new(script.clone()).with("speed", 3)).id();
    let plain = app.run("print(params.speed)");
    app.frame();
    let param = |name: &str, default: LuaData, value| DeclaredParam { name: name.to_owned(), default, value };
    let home = LuaData::from(Vec3::new(1.0, 2.0, 3.0));
    let expected = vec![
        param("speed", 2.0.into(), 3.0.into()),
        param("home", home.clone(), home),
        param("list", [1].into(), [1].into()),
    ];
    assert_eq!(app.world().get::<DeclaredParams>(entity).map(|declared| &declared.params), Some(&expected));
    assert!(app.world().get::<DeclaredParams>(plain).is_none());

    app.change_script(&script, "print('no more')");
    app.frame();
    assert!(app.world().get::<DeclaredParams>(entity).is_none());
    app.change_script(&script, "params {n = 1}");
    app.frame();
    assert!(app.world().get::<DeclaredParams>(entity).is_none(), "there is no parameter 'speed'");
    app.world().entity_mut(entity).insert(Behaviour::new(script));
    app.frame();
    assert!(app.world().get::<DeclaredParams>(entity).is_some());
    app.world().entity_mut(entity).remove::<Behaviour>();
    app.frame();
    assert!(app.world().get::<DeclaredParams>(entity).is_none());
}

#[test]
fn a_changed_component_is_for_the_next_start() {
    let mut app = TestApp::new();
    let script = app.script("a.lua", "print('start', params.n)  while true do wait()  print(params.n) end");
    let entity = app.world().spawn(Behaviour::new(script).with("n", 1)).id();
    app.frame();
    app.world().get_mut::<Behaviour>(entity).expect("it is there").params.insert("n".to_owned(), 2.into());
    app.frame();
    let behaviour = app.world().get::<Behaviour>(entity).expect("it is there").clone();
    app.world().entity_mut(entity).insert(behaviour);
    app.frame();
    assert_eq!(app.prints(), ["start\t1", "1", "start\t2"]);
}

#[test]
fn a_clone_of_an_entity_starts_for_itself() {
    let mut app = TestApp::new();
    let script = app.script("a.lua", "params {n = 0}  print(params.n)  wait()  error('x', 0)");
    let entity = app.world().spawn(Behaviour::new(script).with("n", 1)).id();
    app.frames(2);
    assert_eq!(app.status(entity), Some(BehaviourStatus::Failed("x".to_owned())));
    let copy = app.world().entity_mut(entity).clone_and_spawn();
    assert_eq!(app.status(copy), Some(BehaviourStatus::Loading));
    assert!(app.world().get::<DeclaredParams>(copy).is_none());
    app.frame();
    assert_eq!(app.prints(), ["1", "1"]);
    assert!(app.world().get::<DeclaredParams>(copy).is_some());
}

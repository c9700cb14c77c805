//! Parameters that scripts declare: `params { speed = 2.0 }`.

use deimos::Behaviour;
use deimos::testing::TestApp;

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
    let cases: [(&str, Set, &str); 8] = [
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

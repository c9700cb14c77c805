//! What of scripts outlives the game: `state` as a component, and components that find their place by name.

use bevy::prelude::*;
use deimos::testing::TestApp;
use deimos::{
    AppLuaExt, Behaviour, BehaviourState, LuaComponent, LuaData, LuaFields, UndefinedComponents, WorldLuaExt,
};

fn fields<const N: usize>(pairs: [(&str, LuaData); N]) -> LuaFields {
    pairs.map(|(name, value)| (name.to_owned(), value)).into()
}

/// What is saved of a script's state, and what is said of what is not.
#[track_caller]
fn saved(source: &str) -> (Option<LuaData>, Vec<String>) {
    let mut app = TestApp::new();
    let entity = app.run(source);
    app.frame();
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    let saved = app.world().save_scripts(|world| world.get::<BehaviourState>(entity).cloned());
    let saved = saved.expect("no script runs").map(|saved| saved.0);
    assert!(app.world().get::<BehaviourState>(entity).is_none(), "it is there for that moment only");
    app.frame();
    (saved, app.errors().iter().map(|error| error.message.clone()).collect())
}

#[test]
fn state_is_a_component_while_it_is_saved() {
    let (data, left_out) = saved(
        "state.a = 1  state.b = 1.5  state.c = 'x'  state.d = true  state.e = vec3(1, 2, 3)  state.f = self
         state.g = {1, {deep = 'y'}}  state.h = {}  state[1] = nil",
    );
    assert!(left_out.is_empty(), "{left_out:?}");
    let Some(LuaData::Table(data)) = data else { panic!("{data:?}") };
    assert!(matches!(data["f"], LuaData::Entity(_)));
    let expected = fields([
        ("a", 1.into()),
        ("b", 1.5.into()),
        ("c", "x".into()),
        ("d", true.into()),
        ("e", Vec3::new(1.0, 2.0, 3.0).into()),
        ("f", data["f"].clone()),
        ("g", LuaData::List(vec![1.into(), fields([("deep", "y".into())]).into()])),
        ("h", LuaData::List(Vec::new())),
    ]);
    assert_eq!(data, expected);
}

#[test]
fn a_state_with_nothing_in_it_is_not_saved() {
    assert_eq!(saved("print(state)"), (None, Vec::new()));
}

#[test]
fn tables_of_every_shape_are_saved() {
    let pair = |key: LuaData, value: LuaData| (key, value);
    let cases: [(&str, LuaData); 6] = [
        ("{[3] = 'c', [1] = 'a', [2] = 'b'}", ["a", "b", "c"].into()),
        ("{[2] = 'b'}", LuaData::Map(vec![pair(2.into(), "b".into())])),
        ("{[0] = 'b', 'a'}", LuaData::Map(vec![pair(0.into(), "b".into()), pair(1.into(), "a".into())])),
        ("{'a', x = 1}", LuaData::Map(vec![pair(1.into(), "a".into()), pair("x".into(), 1.into())])),
        ("{[true] = 1}", LuaData::Map(vec![pair(true.into(), 1.into())])),
        ("{[0.5] = {1}}", LuaData::Map(vec![pair(0.5.into(), [1].into())])),
    ];
    for (source, expected) in cases {
        let (data, left_out) = saved(&format!("state.t = {source}"));
        assert!(left_out.is_empty(), "{left_out:?}");
        assert_eq!(data, Some(fields([("t", expected)]).into()), "{source}");
    }
}

#[test]
fn what_is_no_data_is_left_out_and_reported() {
    let place = "self.Behaviour.params";
    let cases = [
        ("state.on_hit = print", "state.on_hit is a function, which is not saved"),
        ("state.t = {1, {deep = coroutine.create(print)}, 3}", "state.t[2].deep is a thread, which is not saved"),
        ("state.t = {[print] = 1}", "is a function, which is not saved"),
        ("state.t = {}  state.t.t = state.t", "state.t.t is a table that it lies in itself, which is not saved"),
        ("state.t = state", "state.t is a table that it lies in itself, which is not saved"),
        ("state.t = '\\xff'", "state.t is a string that is no UTF-8 text, which is not saved"),
        ("state.t = setmetatable({x = 1}, {})", "state.t has a metatable, which is not saved"),
        (
            &*format!("state.t = {place}"),
            "state.t is a reference to Behaviour.params, which is not saved; :copy() makes it a value",
        ),
        ("state.t = task.current()", "state.t is a userdata, which is not saved"),
    ];
    for (source, expected) in cases {
        let (data, left_out) = saved(&format!("state.kept = 1  {source}"));
        assert!(left_out.len() == 1 && left_out[0].ends_with(expected), "{source}: {left_out:?}");
        let Some(LuaData::Table(data)) = data else { panic!("{data:?}") };
        assert_eq!(data.get("kept"), Some(&1.into()), "{source}");
    }
}

#[test]
fn a_list_with_a_gap_keeps_its_positions() {
    let (data, _) = saved("state.t = {'a', print, 'c'}");
    let pairs = vec![(1.into(), "a".into()), (3.into(), "c".into())];
    assert_eq!(data, Some(fields([("t", LuaData::Map(pairs))]).into()));
}

#[test]
fn no_state_is_too_big_or_too_deep_to_be_saved_in_part() {
    let (data, left_out) = saved("local t = {}  for i = 1, 100 do t = {t} end  state.t = t");
    assert!(data.is_some() && left_out.len() == 1 && left_out[0].ends_with("is nested too deeply to be saved"));
    // Each level lies twice in the next one.
    let (data, left_out) = saved("local t = {1}  for i = 1, 40 do t = {t, t} end  state.t = t");
    assert!(data.is_some());
    assert!(left_out[0].ends_with("is one value too many to be saved with the others"), "{left_out:?}");
}

#[test]
fn behaviour_starts_with_the_state_of_its_entity() {
    let mut app = TestApp::new();
    let other = app.world().spawn(Name::new("other")).id();
    let list = LuaData::List(vec![1.into(), "two".into()]);
    let pairs = LuaData::Map(vec![(7.into(), true.into()), (vec![1].into(), 2.into())]);
    let state = fields([("hp", 3.into()), ("list", list), ("other", other.into()), ("map", pairs)]);
    let source = "print(state.hp, state.list[2], state.other.name, state.map[7], #state.list)
                  state.list[3] = state.hp  print(#state.list)";
    let entity = app.run_on(source, BehaviourState(state.into()));
    app.frame();
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert_eq!(app.prints(), ["3\ttwo\tother\ttrue\t2", "3"]);
    assert!(app.world().get::<BehaviourState>(entity).is_none(), "it is used up");
}

#[test]
fn a_state_that_is_no_table_is_as_none() {
    let mut app = TestApp::new();
    app.run_on("print(next(state))", BehaviourState(5.into()));
    app.run_on("print(next(state))", BehaviourState::default());
    app.frame();
    assert_eq!(app.prints(), ["nil", "nil"]);
}

#[test]
fn what_is_saved_starts_again_where_it_was() {
    let source = "state.count = (state.count or 0) + 1  print(state.count)";
    let mut state = None;
    for count in ["1", "2", "3"] {
        let mut app = TestApp::new();
        let entity = match state.take() {
            Some(state) => app.run_on(source, BehaviourState(state)),
            None => app.run(source),
        };
        app.frame();
        assert_eq!(app.prints(), [count]);
        let saved = app.world().save_scripts(|world| world.get::<BehaviourState>(entity).cloned());
        state = saved.expect("no script runs").map(|saved| saved.0);
    }
}

#[test]
fn a_state_that_waits_for_its_script_is_saved_too() {
    let mut app = TestApp::new();
    let script = app.world().resource::<AssetServer>().load("nowhere.lua");
    let state = BehaviourState(fields([("hp", 3.into())]).into());
    let entity = app.world().spawn((Behaviour::new(script), state.clone())).id();
    app.frame();
    let saved = app.world().save_scripts(|world| world.get::<BehaviourState>(entity).cloned());
    assert_eq!(saved.expect("no script runs"), Some(state.clone()));
    assert_eq!(app.world().get::<BehaviourState>(entity), Some(&state));
}

#[test]
fn scripts_that_run_cannot_be_saved() {
    let mut app = TestApp::new();
    app.app().add_lua_function("save", |world: &mut World| match world.save_scripts(|_| ()) {
        Ok(()) => String::new(),
        Err(error) => error.to_string(),
    });
    app.run("print(save())");
    app.frame();
    assert!(app.prints()[0].contains("call it from a system"), "{:?}", app.prints());
    assert!(World::new().save_scripts(|_| ()).is_err());
}

#[test]
fn component_of_a_script_finds_its_place_by_name() {
    let mut app = TestApp::new();
    app.run("world:component('First', {n = 1})  world:component('Second', {n = 2, late = 'x'})");
    app.frame();
    // As in a run in which they were defined in the other order, and 'Second' had other fields.
    let first = LuaComponent::<1> { name: "First".to_owned(), fields: fields([("n", 10.into())]) };
    let second_fields = fields([("n", 20.0.into()), ("gone", true.into())]);
    let second = LuaComponent::<0> { name: "Second".to_owned(), fields: second_fields };
    let entity = app.world().spawn((first, second)).id();
    assert!(app.world().get::<UndefinedComponents>(entity).is_some(), "they wait for the next frame");
    app.frame();
    let world = app.world();
    assert_eq!(world.get_lua_component(entity, "First"), Some(&fields([("n", 10.into())])));
    let second = fields([("n", 20.into()), ("late", "x".into())]);
    assert_eq!(world.get_lua_component(entity, "Second"), Some(&second));
    assert!(world.get::<UndefinedComponents>(entity).is_none());
}

#[test]
fn component_waits_until_a_script_defines_it() {
    let mut app = TestApp::new();
    let component = |name: &str| LuaComponent::<3> { name: name.to_owned(), fields: fields([("n", 5.into())]) };
    let entity = app.world().spawn(component("Late")).id();
    app.world().entity_mut(entity).insert(component("Never"));
    app.frames(2);
    assert!(app.world().get::<LuaComponent<3>>(entity).is_none());
    app.run(
        "on('Add', 'Behaviour', function() end)
         world:component('Late', {n = 0})
         for e, late in world:query('Late') do print(late.n) end",
    );
    app.frame();
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert_eq!(app.prints(), ["5"]);
    let waiting = app.world().get::<UndefinedComponents>(entity).expect("one is not defined yet");
    assert_eq!(waiting.0.keys().collect::<Vec<_>>(), ["Never"]);
}

#[test]
fn component_in_its_place_stays_there() {
    let mut app = TestApp::new();
    app.run("world:component('Only', {n = 1})");
    app.frame();
    let only = LuaComponent::<0> { name: "Only".to_owned(), fields: fields([("n", 2.into())]) };
    let entity = app.world().spawn(only.clone()).id();
    assert_eq!(app.world().get::<LuaComponent<0>>(entity), Some(&only));
    app.world().entity_mut(entity).insert(LuaComponent::<0> { name: "Only".to_owned(), fields: LuaFields::new() });
    app.frame();
    let defaults = fields([("n", 1.into())]);
    assert_eq!(
        app.world().get_lua_component(entity, "Only"),
        Some(&defaults),
        "a field is missing, so it is filled in"
    );
}

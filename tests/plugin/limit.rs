//! Limits of the fields of components that scripts define.

use deimos::testing::TestApp;
use deimos::{LuaData, WorldLuaExt};

const DEFINED: &str = "world:component('Stamina', {hp = 10, rate = 0.5, mode = 'idle', at = vec3(0, 0, 0)},
    {hp = {min = 0, max = 100}, rate = {min = 0}, mode = {one_of = {'idle', 'walk'}}}) ";

#[track_caller]
fn fails(source: &str, expected: &str) {
    let mut app = TestApp::new();
    app.run(&format!("{} {source}", DEFINED.replace('\n', " ")));
    app.frames(2);
    let errors: Vec<&str> = app.errors().iter().map(|error| error.message.as_str()).collect();
    assert_eq!(errors, [format!("test.lua:1: {expected}")], "{source}");
}

#[track_caller]
fn prints(source: &str, expected: &[&str]) -> (TestApp, bevy::prelude::Entity) {
    let mut app = TestApp::new();
    let entity = app.run(&format!("{DEFINED}{source}"));
    app.frames(2);
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert_eq!(app.prints(), expected);
    (app, entity)
}

#[test]
fn holds_whichever_way_a_script_writes() {
    let hp = "cannot set 'Stamina.hp': it must be from 0 to 100, got 101";
    fails("self.Stamina = {hp = 101}", hp);
    fails("self:insert('Stamina', {hp = 101})", hp);
    fails("self:insert{Stamina = {hp = 101}}", hp);
    fails("world:spawn{Stamina = {hp = 101}}", hp);
    fails("self.Stamina = {}  self.Stamina.hp = 101", hp);
    fails("self.Stamina = {}  local h = self.Stamina  h.hp = 100  h.hp = h.hp + 1", hp);
    fails("self.Stamina = {}  self.Stamina:set{hp = 101}", hp);
    fails("self.Stamina = {}  for e, h in world:query('Stamina') do h.hp = 101 end", hp);
    fails("self.Stamina = {}  for e, h in world:query('Stamina') do h:set{rate = 1, hp = 101} end", hp);
    fails("self.Stamina = {hp = -1}", "cannot set 'Stamina.hp': it must be from 0 to 100, got -1");
    fails("self.Stamina = {rate = -0.5}", "cannot set 'Stamina.rate': it must be 0.0 or more, got -0.5");
    fails("self.Stamina = {}  self.Stamina.rate = 0/0", "cannot set 'Stamina.rate': it must be 0.0 or more, got NaN");
    let mode = "cannot set 'Stamina.mode': it must be one of \"idle\", \"walk\", got \"fly\"";
    fails("self.Stamina = {mode = 'fly'}", mode);
    fails("self.Stamina = {}  self.Stamina.mode = 'fly'", mode);
    fails(
        "self.Stamina = {}  self.Stamina.hp = 'x'",
        "cannot set 'Stamina.hp': it wants an integer (i64), got a string",
    );
}

#[test]
fn what_is_refused_changes_nothing() {
    prints(
        "self.Stamina = {hp = 5}  local h = self.Stamina
         print(pcall(function() h:set{rate = 2, hp = 500} end), h.rate, h.hp)
         print(pcall(function() h.hp = 500 end), h.hp)
         h.hp = 0  h.hp = 100  h.mode = 'walk'  h.rate = 1e300  h.at = vec3(1, 2, 3)
         print(h.hp, h.mode, h.rate, h.at)",
        &["false\t0.5\t5", "false\t5", "100\twalk\t1e+300\tvec3(1, 2, 3)"],
    );
}

#[test]
fn the_same_again_is_fine_and_another_is_not() {
    prints(
        "world:component('Stamina', {hp = 10, rate = 0.5, mode = 'idle', at = vec3(0, 0, 0)},
           {mode = {one_of = {'idle', 'walk'}}, rate = {min = 0.0}, hp = {max = 100, min = 0}})  print('fine')",
        &["fine"],
    );
    fails(
        "world:component('Stamina', {hp = 10, rate = 0.5, mode = 'idle', at = vec3(0, 0, 0)})",
        "the component 'Stamina' is defined already, with other limits",
    );
}

#[test]
fn a_limit_that_cannot_be_says_why() {
    let odd = |limits: &str| format!("world:component('Odd', {{n = 5, name = 'x', at = vec3(0, 0, 0)}}, {limits})");
    fails(&odd("{nam = {min = 0}}"), "cannot limit 'Odd.nam': there is no such field; did you mean 'name'?");
    fails(
        &odd("{n = {mix = 0}}"),
        "cannot limit 'Odd.n': there is no limit 'mix'; did you mean 'max'?; there are: max, min, one_of",
    );
    fails(&odd("{n = {min = 6}}"), "the default of 'Odd.n' is beyond its limit: it must be 6 or more, got 5");
    fails(&odd("{n = {min = 0.5}}"), "cannot limit 'Odd.n': 0.5 is not of the field's type");
    fails(&odd("{n = {min = 9, max = 1}}"), "cannot limit 'Odd.n': nothing is from 9 to 1");
    fails(&odd("{n = {}}"), "cannot limit 'Odd.n': it says nothing");
    fails(&odd("{n = {one_of = {}}}"), "cannot limit 'Odd.n': 'one_of' lists nothing");
    let many = (0..65).map(|number| number.to_string()).collect::<Vec<_>>().join(", ");
    fails(
        &odd(&format!("{{n = {{one_of = {{{many}}}}}}}")),
        "cannot limit 'Odd.n': 'one_of' lists at most 64 values, got 65",
    );
    fails(
        &odd("{name = {one_of = {'x', ('y'):rep(65)}}}"),
        "cannot limit 'Odd.name': a value of 'one_of' has at most 64 bytes, got 65",
    );
    fails(&odd("{n = {one_of = {5}, min = 1}}"), "cannot limit 'Odd.n': it is either 'one_of' or 'min' and 'max'");
    fails(&odd("{name = {min = 1}}"), "cannot limit 'Odd.name': 'min' and 'max' are limits of numbers");
    fails(&odd("{at = {min = 1}}"), "cannot limit 'Odd.at': numbers and strings can have limits");
    fails(
        &odd("{n = 5}"),
        "cannot limit 'Odd.n': a table like {min = 0, max = 100} or {one_of = {…}} is wanted, got a number",
    );
    fails(&odd("5"), "bad argument #3 to 'component' (table of fields and their limits expected, got number)");
}

#[test]
fn what_rust_wrote_beyond_a_limit_is_kept_until_a_script_writes_that_field() {
    let (mut app, entity) = prints("self.Stamina = {}", &[]);
    let mut health = app.world().get_lua_component_mut(entity, "Stamina").expect("it is there");
    health.insert("hp".to_owned(), LuaData::Integer(500));
    let script = app.script(
        "other.lua",
        "for e, h in world:query('Stamina') do
           h:set{mode = 'walk'}  print(h.hp, h.mode)
           print(pcall(function() world:spawn{Stamina = h} end))
         end",
    );
    app.world().spawn(deimos::Behaviour::new(script));
    app.frame();
    assert_eq!(
        app.prints(),
        ["500\twalk", "false\tother.lua:3: cannot set 'Stamina.hp': it must be from 0 to 100, got 500"]
    );
}

#[test]
fn an_entity_as_a_default_says_the_type_alone() {
    let mut app = TestApp::new();
    let first = app.run("world:component('Owned', {by = self})  self.Owned = {}");
    app.run("world:component('Owned', {by = self})  self.Owned = {by = self}  print(self.Owned.by == self)");
    app.frame();
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert_eq!(app.prints(), ["true"]);
    let owned = app.world().get_lua_component(first, "Owned").expect("it is there");
    assert_eq!(owned["by"], LuaData::Entity(first));
}

//! Components that scripts define.

use bevy::prelude::*;
use deimos::testing::TestApp;
use deimos::{LuaComponents, LuaData, LuaFields, WorldLuaExt};

#[derive(Component, Reflect)]
#[reflect(Component)]
struct Armour;

/// What scripts in these tests begin with.
const DEFINED: &str = "world:component('Vigour', {hp = 10, name = 'x', armed = false, at = vec3(1, 2, 3), rate = 1.5})
    world:component('Bag', {items = {}, owner = self})
    world:component('Marked') ";

#[track_caller]
fn prints(source: &str, expected: &[&str]) -> (TestApp, Entity) {
    let mut app = TestApp::new();
    app.app().register_type::<Armour>();
    let entity = app.run(&format!("{DEFINED}{source}"));
    app.frames(4);
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert_eq!(app.prints(), expected);
    (app, entity)
}

#[track_caller]
fn fails(source: &str, expected: &str) {
    let mut app = TestApp::new();
    app.app().register_type::<Armour>();
    app.run(&format!("{}{source}", DEFINED.replace('\n', " ")));
    app.frames(2);
    let errors: Vec<&str> = app.errors().iter().map(|error| error.message.as_str()).collect();
    assert_eq!(errors, [format!("test.lua:1: {expected}")], "{source}");
}

#[test]
fn is_a_component_as_any_other() {
    prints(
        "print(self:has('Vigour'), self:get('Vigour'))
         self.Vigour = {hp = 5}
         local h = self.Vigour
         self.Vigour.hp = self.Vigour.hp - 1
         h.armed = true  h.name = 'y'  h.rate = 2
         print(self:has('Vigour'), h.hp, h.armed, h.name, h.rate, h.at)
         print(table.concat(self:components(), ' '))
         for k, v in pairs(h) do print(k, v) end
         local copy = h:copy()
         h:set{hp = 7}
         print(copy.hp, copy.at, h.hp, h.name, h == self:get('Vigour'))
         self:insert('Vigour', {name = 'z'})  print(h.hp, h.name)
         self:insert{Marked = true, 'Bag'}  print(self:has('Marked', 'Bag'))
         local other = world:spawn{Vigour = self.Vigour}  print(other.Vigour.name)
         self:remove('Vigour')  self.Bag = nil  self.Marked = nil
         print(self:has('Vigour'), self:has('Bag'), self:has('Marked'))",
        &[
            "false\tnil",
            "true\t4\ttrue\ty\t2.0\tvec3(1, 2, 3)",
            "Behaviour BehaviourStatus Vigour",
            "armed\ttrue",
            "at\tvec3(1, 2, 3)",
            "hp\t4",
            "name\ty",
            "rate\t2.0",
            "4\tvec3(1, 2, 3)\t7\ty\ttrue",
            "10\tz",
            "true",
            "z",
            "false\tfalse\tfalse",
        ],
    );
}

#[test]
fn vectors_in_it_are_written_in_place() {
    prints(
        "self.Vigour = {at = {x = 4}}  local h = self.Vigour
         h.at.y = 9  h.at = h.at * 2  print(h.at, h.at.x)
         h:set{at = {z = 0}}  print(h.at:length() > 1, h.at)",
        &["vec3(8, 18, 6)\t8.0", "true\tvec3(8, 18, 0)"],
    );
}

#[test]
fn tables_in_it_are_written_in_place() {
    prints(
        "self.Bag = {}  local items = self.Bag.items
         print(#items, items[1], items.sword)
         items[1] = 'a'  items:push({deep = {1, 2}})  items[2].deep[1] = 5  items[2].deep:push(vec2(1, 2))
         items[2].deep[3].x = 7
         print(#items, items[1], items[2].deep[1], #items[2].deep, items[2].deep[3])
         for i, v in ipairs(items) do print(i, type(v)) end
         self.Bag.items = {}
         items.sword = 3  self.Bag.items.axe = {edge = true}  self.Bag.items.sword = self.Bag.items.sword + 1
         for k, v in pairs(self.Bag.items) do print(k, type(v)) end
         print(self.Bag.items.sword, self.Bag.items.axe.edge, self.Bag.owner == self)
         self.Bag.items.sword = nil  self.Bag.items.axe = nil
         self.Bag.items[1] = 'again'  print(self.Bag.items[1], self.Bag:copy().items[1])
         self.Bag.items = {self.Vigour, self.Bag.items}
         print(self.Bag.items[1], self.Bag.items[2][1])"
            .replace("{self.Vigour,", "{1,")
            .as_str(),
        &[
            "0\tnil\tnil",
            "2\ta\t5\t3\tvec2(7, 2)",
            "1\tstring",
            "2\tuserdata",
            "axe\tuserdata",
            "sword\tnumber",
            "4\ttrue\ttrue",
            "again\tagain",
            "1\tagain",
        ],
    );
}

#[test]
fn queries_filter_by_it_and_see_its_changes() {
    prints(
        "local a = world:spawn{Vigour = {hp = 1}, name = 'a'}
         local b = world:spawn{Vigour = {hp = 2}, 'Marked', name = 'b'}
         for e, h in world:query('Vigour', {without = 'Marked'}) do print(e.name, h.hp) end
         for e, h in world:query('Vigour', {with = 'Marked'}) do print(e.name, h.hp) end
         local function changed()
             local names = {}
             for e in world:query('Vigour', {changed = 'Vigour'}) do names[#names + 1] = e.name end
             return table.concat(names, ' ')
         end
         print(changed())
         wait()  print('none', changed())
         a.Vigour.hp = 1  b.Vigour.hp = 20  print(changed())
         wait()  b.Vigour:set{hp = 20}  a.Vigour.at.x = 5  print(changed())
         print(world:query('Vigour', {optional = 'Marked'}):count(), world:query('Marked'):single() == b)",
        &["a\t1", "b\t2", "a b", "none\t", "b", "a", "2\ttrue"],
    );
}

#[test]
fn its_coming_and_going_is_an_event() {
    prints(
        "on('Add', 'Vigour', function(event) print('added', event.entity == self, self.Vigour.hp) end)
         on('Remove', 'Vigour', function() print('removed') end)
         wait()  self.Vigour = {hp = 3}  wait()  self.Vigour = nil",
        &["added\ttrue\t3", "removed"],
    );
}

#[test]
fn the_same_again_is_fine_and_all_scripts_share_it() {
    let mut app = TestApp::new();
    app.run(&format!(
        "{DEFINED} world:component('Vigour', {{armed = false, hp = 10, name = 'x', rate = 1.5, at = vec3(1, 2, 3)}})"
    ));
    app.run("self.Vigour = {}  print(self.Vigour.hp)");
    app.frame();
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert_eq!(app.prints(), ["10"]);
}

#[test]
fn a_definition_that_cannot_be_says_why() {
    fails(
        "world:component('Marked', {hp = 1, list = {1, 'a'}})",
        "the component 'Marked' is defined already, as {}, which is not {hp = 1, list = {1, \"a\"}}",
    );
    fails(
        "world:component('Armour')",
        "'Armour' cannot be defined: it is the Rust type integration::plugin::declared::Armour; take another name",
    );
    fails(
        "world:component('health')",
        "'health' cannot be a component: a name is a capital letter, and then letters and digits, as in 'Health'",
    );
    fails("world:component('Odd', {1})", "fields of 'Odd' have names, and '1' is none");
    fails(
        "world:component('Odd', {f = print})",
        "cannot set 'Odd.f': it wants a boolean, number, string, entity, vector, colour or table, got a function",
    );
    let mut app = TestApp::new();
    app.run("for i = 1, 33 do world:component('C' .. i, {value = i}) end");
    app.frame();
    assert!(
        app.errors()[0].message.contains("'C33' is one too many: scripts can define 32 components, and there are C1")
    );
}

#[test]
fn what_does_not_fit_is_an_error_and_changes_nothing() {
    fails(
        "self.Vigour = {hq = 5}",
        "cannot set 'Vigour': it has no field 'hq'; did you mean 'hp'?; it has: armed, at, hp, name, rate",
    );
    fails("self.Vigour = {hp = 'a'}", "cannot set 'Vigour.hp': it wants an integer (i64), got a string");
    fails("self.Vigour = {}  self.Vigour.hp = 1.5", "cannot set 'Vigour.hp': it wants an integer (i64), got 1.5");
    fails("self.Vigour = {}  self.Vigour.hp = nil", "cannot set 'Vigour.hp': it wants an integer (i64), got nil");
    fails(
        "self.Vigour = {}  self.Vigour.hq = 1",
        "'Vigour' has no field 'hq'; did you mean 'hp'?; it has: armed, at, hp, name, rate",
    );
    fails(
        "self.Vigour = {}  print(self.Vigour.hq)",
        "'Vigour' has no field 'hq'; did you mean 'hp'?; it has: armed, at, hp, name, rate",
    );
    fails("self.Vigour = 5", "cannot set 'Vigour': it wants a table of its fields, got a number");
    fails("self.Vigour = {}  self.Vigour:clear()", "cannot set 'Vigour': a component keeps its fields");
    fails("self.Marked = {x = 1}", "cannot set 'Marked': it has no field 'x': it has none at all");
    fails("self.Bag = {}  self.Bag.items = 5", "cannot set 'Bag.items': it wants a table, got a number");
    fails("self.Bag = {items = {[true] = 1}}", &table_key("true"));
    fails("self.Bag = {items = {[2] = 1}}", &table_key("2"));
    fails(
        "self.Bag = {items = {1}}  self.Bag.items.x = 2",
        "cannot set 'x' in 'Bag.items': the keys of this table are numbers from 1 on",
    );
    fails(
        "self.Bag = {items = {print}}",
        "cannot set 'Bag.items[1]': it wants a boolean, number, string, entity, \
         vector, colour or table, got a function",
    );
    fails("world:query('Vigur')", "unknown component 'Vigur'; did you mean 'Vigour'?");
    prints(
        "self.Vigour = {hp = 1}  pcall(function() self.Vigour:set{hp = 2, armed = 3} end)  print(self.Vigour.hp)",
        &["1"],
    );
}

fn table_key(key: &str) -> String {
    format!("cannot set 'Bag.items': the keys of its tables are strings, or 1, 2, 3, …, and '{key}' is not")
}

#[test]
fn nothing_gets_too_deep() {
    let mut app = TestApp::new();
    app.run(&format!(
        "{DEFINED} self.Bag = {{}}  local t = self.Bag.items  for i = 1, 1e5 do t[1] = {{}}  t = t[1] end"
    ));
    app.run("local t = {}  t.t = t  self.Bag = {items = t}");
    app.frames(3);
    for error in app.errors() {
        assert!(error.message.contains("nested more than 64 levels deep"), "{error:?}");
    }
    assert_eq!(app.errors().len(), 2);
}

#[test]
fn rust_reads_and_writes_it() {
    let (mut app, entity) = prints(
        "self.Vigour = {}  world:component('Seen', {n = 0})  wait()
         print(self.Vigour.hp, world:query('Vigour', {changed = 'Vigour'}):count())",
        &["10\t1"],
    );
    let world = app.world();
    let health = world.get_lua_component(entity, "Vigour").expect("it was inserted");
    assert_eq!(health["hp"], LuaData::Integer(10));
    assert_eq!(health["at"], Vec3::new(1.0, 2.0, 3.0).into());
    assert_eq!(health["rate"].as_number(), Some(1.5));
    assert!(world.get_lua_component(entity, "Bag").is_none());
    assert!(world.get_lua_component(entity, "Transform").is_none());
    let components = world.resource::<LuaComponents>();
    assert_eq!(components.names().collect::<Vec<_>>(), ["Vigour", "Bag", "Marked", "Seen"]);
    let id = components.id("Vigour").expect("it was defined");
    assert!(world.entity(entity).contains_id(id));
    world.get_lua_component_mut(entity, "Vigour").expect("it is there").insert("hp".into(), 3.into());
    let script = app.script("other.lua", "for _, h in world:query('Vigour') do print(h.hp) end");
    app.world().spawn(deimos::Behaviour::new(script));
    app.frame();
    assert_eq!(app.prints().last(), Some(&"3"));
}

#[test]
fn data_is_written_to_files_and_read() {
    let fields: LuaFields = [
        ("a", LuaData::from(1)),
        ("b", 1.5.into()),
        ("c", "text".into()),
        ("d", Vec3::Y.into()),
        ("e", Color::hsl(120.0, 0.5, 0.25).into()),
        ("f", vec![true.into(), LuaData::IVec2(IVec2::ONE)].into()),
        ("g", Entity::from_bits(5).into()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    let text = ron::to_string(&fields).expect("data can be written");
    assert_eq!(ron::from_str::<LuaFields>(&text).expect("and read"), fields);
}

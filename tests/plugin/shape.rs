//! Components of every shape that reflection knows, read, written, copied and built.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use bevy::platform::collections::{HashMap, HashSet};
use bevy::prelude::*;
use deimos::testing::TestApp;

#[derive(Component, Reflect, Clone, Debug, PartialEq, Default)]
#[reflect(Component, Default, PartialEq, Clone)]
struct Everything {
    items: Vec<Item>,
    names: Vec<String>,
    fixed: [i32; 3],
    scores: HashMap<String, i32>,
    grid: BTreeMap<i64, Vec<f32>>,
    tags: HashSet<u32>,
    target: Option<Entity>,
    bonus: Option<Item>,
    shape: Shape,
    pair: (u8, bool),
    text: Cow<'static, str>,
    time: Duration,
    transform: Transform,
}

#[derive(Reflect, Clone, Debug, PartialEq, Default)]
#[reflect(Default)]
struct Item {
    name: String,
    count: u32,
}

#[derive(Reflect, Clone, Debug, PartialEq, Default)]
enum Shape {
    #[default]
    Point,
    Circle(f32),
    Box(f32, f32),
    Star {
        points: u32,
        inner: f32,
    },
}

#[derive(Component, Reflect, Clone, Debug, PartialEq)]
#[reflect(Component)]
struct NoDefault {
    a: i32,
    b: Option<f32>,
}

#[derive(Component, Reflect, Clone, Debug, Default)]
#[reflect(Component, Default)]
struct Flag;

#[derive(Component, Reflect, Clone, Debug, Default)]
#[reflect(Component, Default)]
struct Newtype(f32);

#[derive(Resource, Reflect, Clone, Debug, Default)]
#[reflect(Resource, Default)]
struct Settings {
    volume: f32,
}

fn everything() -> Everything {
    Everything {
        items: vec![Item { name: "axe".into(), count: 1 }, Item { name: "rope".into(), count: 2 }],
        names: vec!["a".into(), "b".into()],
        fixed: [1, 2, 3],
        scores: HashMap::from([("x".into(), 1), ("a".into(), 2)]),
        grid: BTreeMap::from([(3, vec![0.5])]),
        tags: HashSet::from([7, 3]),
        ..Default::default()
    }
}

#[track_caller]
fn run(source: &str, expected: &[&str]) -> Everything {
    let mut app = TestApp::new();
    let entity = app.run_on(&format!("local e = self.Everything\n{source}"), everything());
    app.frames(2);
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert_eq!(app.prints(), expected);
    app.world().get::<Everything>(entity).cloned().unwrap_or_default()
}

#[test]
fn lists_are_read_written_and_grown() {
    let after = run(
        "print(#e.items, e.items[1].name, e.items[2].count, e.items[3], e.names[2])
         e.items[1].count = 5  e.items[3] = {name = 'lamp'}  e.names:push('c')  e.names:insert(1, 'z')
         print(e.names:remove(2), e.names:pop(), #e.names)  e.names[#e.names] = nil
         print(tostring(e.items[1]):gsub('%d+v%d+', 'N'))",
        &["2\taxe\t2\tnil\tb", "a\tc\t2", "Everything.items[1] of N\t1"],
    );
    assert_eq!(after.items.len(), 3);
    assert_eq!((after.items[0].count, after.items[2].name.as_str(), after.items[2].count), (5, "lamp", 0));
    assert_eq!(after.names, ["z"]);
}

#[test]
fn arrays_keep_their_length() {
    let after = run(
        "print(#e.fixed, e.fixed[3])  e.fixed[3] = 9  print(pcall(function() e.fixed[4] = 1 end))
         e.fixed = {4, 5, 6}  print(pcall(function() e.fixed = {1} end))",
        &[
            "3\t3",
            "false\ttest.lua:2: cannot set 'Everything.fixed[4]': it holds 3 values, counted from 1",
            "false\ttest.lua:3: cannot set 'Everything.fixed': it holds 3 values, and the list has 1",
        ],
    );
    assert_eq!(after.fixed, [4, 5, 6]);
}

#[test]
fn maps_and_sets_are_read_and_written() {
    let after = run(
        "print(#e.scores, e.scores.x, e.scores.y, e.tags[7], e.tags[8], #e.tags)
         e.scores.y = 3  e.scores.x = nil  e.scores.a = 20  e.tags[8] = true  e.tags[7] = nil  e.tags:insert(9)
         e.grid[3][1] = 1.5  e.grid[4] = {1, 2}
         print(e.grid[3][1], e.grid[4][2], e.grid[5])",
        &["2\t1\tnil\ttrue\tfalse\t2", "1.5\t2.0\tnil"],
    );
    assert_eq!(after.scores, HashMap::from([("y".into(), 3), ("a".into(), 20)]));
    assert_eq!(after.tags, HashSet::from([3, 8, 9]));
    assert_eq!(after.grid, BTreeMap::from([(3, vec![1.5]), (4, vec![1.0, 2.0])]));
}

#[test]
fn loops_go_over_all_shapes_in_a_fixed_order() {
    run(
        "local function keys(t) local l = {}  for k, v in pairs(t) do l[#l + 1] = tostring(k) .. '=' .. tostring(v) end
           return table.concat(l, ' ') end
         print(keys(e.scores))  print(keys(e.tags))  print(keys(e.fixed))  print(keys(e.pair))  print(keys(e.names))
         local l = {}  for i, item in ipairs(e.items) do l[i] = item.name end  print(table.concat(l, ' '))
         e.shape = {Star = {points = 5, inner = 0.5}}  print(keys(e.shape.Star))",
        &["a=2 x=1", "3=true 7=true", "1=1 2=2 3=3", "1=0 2=false", "1=a 2=b", "axe rope", "points=5 inner=0.5"],
    );
}

#[test]
fn options_are_nil_or_the_value() {
    let after = run(
        "print(e.target, e.bonus)  e.target = self  e.bonus = {name = 'key'}  print(e.target == self, e.bonus.name)
         e.bonus.count = 3  print(e.bonus.count)  e.target = nil  print(e.target)",
        &["nil\tnil", "true\tkey", "3", "nil"],
    );
    assert_eq!(after.bonus, Some(Item { name: "key".into(), count: 3 }));
}

#[test]
fn variants_are_read_written_and_switched() {
    let after = run(
        "print(e.shape == 'Point', e.shape)  e.shape = {Circle = 2}
         print(e.shape.Circle, e.shape.Star, e.shape:variant())  e.shape.Circle = 3  print(e.shape.Circle)
         e.shape = {Box = {1, 2}}  e.shape.Box[2] = 5  print(e.shape.Box[1], e.shape.Box[2])
         e.shape.Star = {points = 5, inner = 0.5}  e.shape.Star.points = 6
         e.shape:set{Star = {inner = 0.25}}
         print(pcall(function() e.shape = 'Sphere' end))",
        &[
            "true\tPoint",
            "2.0\tnil\tCircle",
            "3.0",
            "1.0\t5.0",
            "false\ttest.lua:7: cannot set 'Everything.shape': there is no variant 'Sphere'; there are: Point, Circle, Box, Star",
        ],
    );
    assert_eq!(after.shape, Shape::Star { points: 6, inner: 0.25 });
}

#[test]
fn stale_part_is_an_error_that_names_it() {
    run(
        "e.shape = {Star = {points = 5, inner = 1}}  local star = e.shape.Star  e.shape = 'Point'
         print((select(2, pcall(function() return star.points end)):gsub('%d+v%d+', 'N')))
         local item = e.items[2]  e.items:clear()
         print((select(2, pcall(function() item.count = 1 end)):gsub('%d+v%d+', 'N')))",
        &[
            "test.lua:3: 'Everything.shape.Star.points' of entity N is not there any more",
            "test.lua:5: 'Everything.items[2].count' of entity N is not there any more",
        ],
    );
}

#[test]
fn copies_are_plain_and_go_back_unchanged() {
    let before = everything();
    let after = run(
        "e.shape = {Box = {1, 2}}  e.bonus = {name = 'b', count = 2}
         local copy = e:copy()
         print(type(copy), copy.items[2].name, copy.scores.a, copy.tags[1], copy.target, copy.shape.Box[2], copy.time)
         copy.items[1].name = 'changed'  print(e.items[1].name)  copy.items[1].name = 'axe'
         self.Everything = copy  e:set(copy)",
        &["table\trope\t2\t3\tnil\t2.0\t0.0", "axe"],
    );
    let bonus = Some(Item { name: "b".into(), count: 2 });
    assert_eq!(after, Everything { shape: Shape::Box(1.0, 2.0), bonus, ..before });
}

#[test]
fn component_is_inserted_with_defaults_replaced_and_removed() {
    let mut app = TestApp::new();
    let entity = app.run(
        "self.Everything = {names = {'n'}, time = 1.5}  print(self.Everything.names[1], self.Everything.time)
         self.Everything = {}  print(#self.Everything.names)
         self.Flag = true  print(self:has('Flag'), self:has('Flag', 'Newtype'))
         self.Newtype = 4  print(self.Newtype[1])  self:insert('Newtype', {5}):insert{Flag = {}, Transform = {}}
         print(self:get('Newtype')[1], self:get('NoDefault'))
         self.NoDefault = {a = 1}  print(self.NoDefault.a, self.NoDefault.b)
         self.Flag = nil  self:remove('Newtype', 'NoDefault')  print(self:get('Flag'), self:get('Newtype'))
         print(table.concat(self:components(), ' '))",
    );
    app.frame();
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert_eq!(
        app.prints(),
        [
            "n\t1.5",
            "0",
            "true\tfalse",
            "4.0",
            "5.0\tnil",
            "1\tnil",
            "nil\tnil",
            "Behaviour BehaviourStatus Everything GlobalTransform Transform TransformTreeChanged",
        ]
    );
    assert!(app.world().get::<Transform>(entity).is_some());
}

#[test]
fn what_cannot_be_built_says_why_and_changes_nothing() {
    let mut app = TestApp::new();
    app.run_on(
        "local function try(f, ...) print((select(2, pcall(f, ...)):gsub('%d+v%d+', 'N'))) end
         try(function() self.NoDefault = {} end)
         try(function() self.Everything = {itmes = {}} end)
         try(function() self.Everything = {items = {{name = 'x'}, {count = -1}}} end)
         try(function() self.Everything = {pair = {1, 2}} end)
         try(function() self.Everything = {scores = {x = 'many'}} end)
         try(function() self.Everything = 5 end)
         try(function() self.Everything:set{time = -1} end)
         try(function() self.Everything.items = {x = 1} end)
         try(function() self.Children = {} end)
         try(function() self.Settings = {} end)
         local deep = {}  deep.items = {deep}  try(function() self.Everything = deep end)
         try(function() self.Nothing = {} end)
         print(self.Everything.names[1], self.NoDefault == nil)",
        (everything(), NoDefault { a: 1, b: None }),
    );
    app.frame();
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert_eq!(
        app.prints(),
        [
            "test.lua:2: cannot set 'NoDefault': the field 'a' is missing, and the type has no default: give it",
            "test.lua:3: cannot set 'Everything': it has no field 'itmes'; did you mean 'items'?; it has: items, names, fixed, \
             scores, grid, tags, target, bonus, shape, pair, text, time, transform",
            "test.lua:4: cannot set 'Everything.items[2].count': -1 is out of range: u32 holds 0 to 4294967295",
            "test.lua:5: cannot set 'Everything.pair[2]': it wants a boolean, got a number",
            "test.lua:6: cannot set 'Everything.scores[x]': it wants an integer (i32), got a string",
            "test.lua:7: cannot set 'Everything': it wants a table of its fields, got a number",
            "test.lua:8: cannot set 'Everything.time': -1 is no number of seconds from 0 on",
            "test.lua:9: cannot set 'Everything.items': it wants a list, and 'x' is no position in one",
            "test.lua:10: cannot insert 'Children': it follows from the children: use entity:add_child(child) and \
             entity:remove_child(child)",
            "test.lua:11: 'Settings' is a resource, of which the world has one: use world:insert_resource(\"Settings\", {…})",
            "test.lua:12: cannot set 'Everything.items[1]': it has no field 'items'; it has: name, count",
            "test.lua:13: unknown component 'Nothing': no type of that name with #[reflect(Component)] is registered",
            "a\tfalse",
        ]
    );
}

#[test]
fn immutable_component_is_replaced_as_a_whole() {
    let mut app = TestApp::new();
    let parent = app.world().spawn(Name::new("parent")).id();
    let entity = app.run(
        "local p = world:find('parent')  self.ChildOf = p  print(self.ChildOf[1] == p, self:parent() == p)
         print(pcall(function() self.ChildOf[1] = self end))
         print((select(2, pcall(function() p.ChildOf = self end)):gsub('%d+v%d+', 'N')))
         self.ChildOf = nil  print(self:parent())",
    );
    app.frame();
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert_eq!(
        app.prints(),
        [
            "true\ttrue",
            "false\ttest.lua:2: cannot set 'ChildOf[1]': ChildOf is immutable; replace it as a whole, as in entity.ChildOf = {…}",
            "test.lua:3: entity N cannot be the parent of N \"parent\", because it is one of its descendants",
            "nil",
        ]
    );
    assert!(app.world().get_entity(parent).is_ok() && app.world().get_entity(entity).is_ok());
}

#[test]
fn change_detection_sees_real_changes_only() {
    let mut app = TestApp::new();
    app.run_on(
        "local e = self.Everything
         local function changed() return world:query('Everything', {changed = 'Everything'}):count() == 1 end
         changed()
         e.names = {'a', 'b'}  e.items[1] = {name = 'axe', count = 1}  e.scores.x = 1  e.tags[7] = true  e.tags[99] = nil
         e.shape = 'Point'  e.bonus = nil  e:set{fixed = {1, 2, 3}}  e.scores.none = nil
         print(changed())
         e.names = {'a'}  print(changed())  e.tags[7] = nil  print(changed())",
        everything(),
    );
    app.frame();
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert_eq!(app.prints(), ["false", "true", "true"]);
}

#[test]
fn entities_are_spawned_from_tables_with_children() {
    let mut app = TestApp::new();
    app.run(
        "local e = world:spawn{name = 'ship', Newtype = 3, Transform = {translation = {x = 1}}, 'Flag', children = {
           {name = 'mast', Newtype = {4}}, {children = {{name = 'deep'}}},
         }}
         print(e.name, e.Newtype[1], e.Transform.translation.x, e:has('Flag'), #e:children())
         print(e:children()[1].name, world:find('deep'):parent():parent() == e)
         local child = world:spawn{parent = e}  print(child:parent() == e)
         local count = world:query('Newtype'):count()
         print(pcall(world.spawn, world, {Newtype = 1, children = {{Newtype = 'x'}}}))
         print(world:query('Newtype'):count() == count, world:spawn().alive)",
    );
    app.frame();
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert_eq!(
        app.prints(),
        [
            "ship\t3.0\t1.0\ttrue\t2",
            "mast\ttrue",
            "true",
            "false\tcannot set 'Newtype[1]': it wants a number (f32), got a string",
            "true\ttrue",
        ]
    );
}

#[test]
fn resources_are_inserted_and_removed() {
    let mut app = TestApp::new();
    app.run(
        "print(world:resource('Settings'))  print(world:insert_resource('Settings', {volume = 0.5}).volume)
         world:resource('Settings').volume = 0.75  print(world:insert_resource('Settings').volume)
         print(world:remove_resource('Settings'), world:remove_resource('Settings'), world:resource('Settings'))
         print(pcall(world.insert_resource, world, 'Newtype', 1))",
    );
    app.frame();
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert_eq!(
        app.prints(),
        [
            "nil",
            "0.5",
            "0.0",
            "true\tfalse\tnil",
            "false\t'Newtype' is no resource: its type needs #[reflect(Resource)]"
        ]
    );
}

#[test]
fn references_can_be_assigned_where_the_type_is_the_same() {
    let mut app = TestApp::new();
    let mut other = everything();
    other.names = vec!["other".into()];
    app.world().spawn((other, Name::new("other")));
    app.run_on(
        "local o = world:find('other').Everything
         self.Everything.names = o.names  print(self.Everything.names[1])
         self.Everything = {items = o.items, bonus = o.items[1]}  print(#self.Everything.items, self.Everything.bonus.name)
         print(pcall(function() self.Everything.items = o.names end))",
        everything(),
    );
    app.frame();
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert_eq!(app.prints()[..2], ["other", "2\taxe"]);
    assert!(app.prints()[2].ends_with("and 'Everything.names' is of another type"), "{}", app.prints()[2]);
}

#[derive(Component, Reflect, Clone, Debug, Default)]
#[reflect(Component, Default, Clone)]
struct Nested {
    inner: Vec<Nested>,
}

#[test]
fn copies_of_itself_do_not_nest_a_value_without_end() {
    let mut app = TestApp::new();
    app.run_on(
        "local n = self.Nested
         print(pcall(function() for i = 1, 100000 do n.inner = {n} end end))
         local depth, at = 0, n
         while at do depth, at = depth + 1, at.inner[1] end
         print(depth)",
        Nested::default(),
    );
    app.frames(3);
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    let prints = app.prints();
    assert!(prints[0].contains("it is nested more than 64 levels deep"), "{prints:?}");
    assert!(prints[1].parse::<usize>().is_ok_and(|depth| depth < 64), "{prints:?}");
}

/// What nobody can look into.
#[derive(Component, Reflect, Clone, Debug, Default, PartialEq)]
#[reflect(opaque, Component, Default)]
struct Lock(u64);

#[test]
fn opaque_value_with_a_default_is_made_of_an_empty_table() {
    let mut app = TestApp::new();
    let entity = app.run("self.Lock = {}  print(pcall(self.insert, self, 'Lock', {1}))");
    app.frame();
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert_eq!(app.world().get::<Lock>(entity), Some(&Lock(0)));
    assert!(app.prints()[0].contains("which scripts cannot look into"), "{:?}", app.prints());
}

#[derive(Component, Reflect, Clone, Debug, Default, PartialEq)]
#[reflect(opaque, Component, Default, Clone, PartialEq)]
struct Bolt(u64);

#[test]
fn opaque_component_is_a_reference_that_is_copied_compared_and_passed_on() {
    let mut app = TestApp::new();
    let other = app.world().spawn((Bolt(7), Name::new("other"))).id();
    let entity = app.run_on(
        "local other = world:find('other')
         local bolt, kept = self.Bolt, other.Bolt:copy()
         print(bolt == self.Bolt, bolt == other.Bolt, tostring(bolt):match('^Bolt of') ~= nil)
         print(pcall(function() return bolt.x end))  print(pcall(function() bolt[1] = 2 end))
         for e in world:query('Bolt', {changed = 'Bolt'}) do end
         bolt:set(bolt:copy())  bolt:set(bolt)  self.Bolt = {}
         print(world:query('Bolt', {changed = 'Bolt'}):count())
         wait()  bolt:set(kept)  wait()  self.Bolt = {}  wait()  self.Bolt = other.Bolt  wait()
         self.Bolt = nil  print(pcall(bolt.copy, bolt))",
        Bolt::default(),
    );
    app.frame();
    let seen = |app: &mut TestApp| app.world().get::<Bolt>(entity).cloned();
    assert_eq!(seen(&mut app), Some(Bolt(0)));
    let mut after = Vec::new();
    for _ in 0..4 {
        app.frame();
        after.push(seen(&mut app));
    }
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert_eq!(after, [Some(Bolt(7)), Some(Bolt(0)), Some(Bolt(7)), None]);
    assert_eq!(app.world().get::<Bolt>(other), Some(&Bolt(7)));
    let prints = app.prints();
    assert_eq!(prints[0], "true\tfalse\ttrue");
    let unreachable = "'Bolt' is an opaque value, whose parts scripts cannot reach";
    assert!(prints[1].ends_with(unreachable) && prints[2].ends_with(unreachable), "{prints:?}");
    assert!(prints[4].contains("has no Bolt"), "{prints:?}");
}

#[test]
fn opaque_component_that_cannot_be_copied_says_what_it_lacks() {
    let mut app = TestApp::new();
    app.run_on("print(self.Lock ~= nil, pcall(function() return self.Lock:copy() end))", Lock(3));
    app.frame();
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert_eq!(app.prints(), ["true\tfalse\ttest.lua:1: cannot copy 'Lock': its Rust type needs #[reflect(Clone)]"]);
}

//! Components, read and written through.

use bevy::prelude::*;
use deimos::testing::TestApp;

#[derive(Component, Reflect, Clone, Debug, PartialEq)]
#[reflect(Component)]
struct Stats {
    level: u8,
    score: i64,
    big: u64,
    rate: f64,
    name: String,
    initial: char,
    active: bool,
    mood: Mood,
    target: Entity,
    deep: Deep,
    pair: (i32, f32),
    list: Vec<u32>,
}

#[derive(Reflect, Clone, Debug, PartialEq)]
struct Deep {
    deeper: Deeper,
}

#[derive(Reflect, Clone, Debug, PartialEq)]
struct Deeper {
    value: i16,
}

#[derive(Component, Reflect, Clone, Debug, PartialEq)]
#[reflect(Component)]
enum Mood {
    Calm,
    Angry,
    Tired(f32),
}

#[derive(Component, Reflect, Clone, Debug, PartialEq)]
#[reflect(Component)]
struct Health(f32);

#[derive(Component, Reflect)]
#[reflect(Component)]
#[component(immutable)]
struct Rank {
    grade: u32,
}

#[derive(Component, Reflect)]
#[reflect(Component)]
struct Marker;

mod other {
    #[derive(bevy::prelude::Component, bevy::prelude::Reflect)]
    #[reflect(Component)]
    pub(super) struct Twin {
        pub(super) here: bool,
    }
    use bevy::prelude::ReflectComponent;
}

#[derive(Component, Reflect)]
#[reflect(Component)]
struct Twin {
    here: bool,
}

fn stats() -> Stats {
    Stats {
        level: 3,
        score: -5,
        big: 7,
        rate: 0.5,
        name: "Ann".to_owned(),
        initial: 'ä',
        active: true,
        mood: Mood::Calm,
        target: Entity::PLACEHOLDER,
        deep: Deep { deeper: Deeper { value: 9 } },
        pair: (1, 2.5),
        list: vec![1],
    }
}

/// Runs a script on an entity with all the components, and gives what it printed and the stats behind it.
fn check(source: &str) -> (Vec<String>, Stats) {
    let mut app = TestApp::new();
    let entity =
        app.run_on(source, (stats(), Health(10.0), Mood::Calm, Rank { grade: 2 }, Marker, Transform::default()));
    app.frame();
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    let prints = app.prints().into_iter().map(str::to_owned).collect();
    (prints, app.world().get::<Stats>(entity).cloned().expect("the stats"))
}

/// Runs a script that fails, and gives its message without the place.
fn error_of(source: &str) -> String {
    let mut app = TestApp::new();
    app.run_on(source, (stats(), Health(10.0), Mood::Calm, Rank { grade: 2 }, Marker, Transform::default()));
    app.frame();
    assert_eq!(app.errors().len(), 1, "{source}");
    let message = &app.errors()[0].message;
    message.strip_prefix("test.lua:1: ").unwrap_or_else(|| panic!("no place: {message}")).to_owned()
}

#[test]
fn leaves_of_all_types_are_read() {
    let (prints, _) = check(
        "local s = self.Stats
         print(s.level, s.score, s.big, s.rate, s.name, s.initial, s.active, s.mood, s.deep.deeper.value)
         print(s.pair[1], s.pair[2], self.Health[1], self.Mood)
         print(math.type(s.level), math.type(s.rate))",
    );
    assert_eq!(prints, ["3\t-5\t7\t0.5\tAnn\tä\ttrue\tCalm\t9", "1\t2.5\t10.0\tCalm", "integer\tfloat"]);
}

#[test]
fn leaves_of_all_types_are_written() {
    let (_, written) = check(
        "local s = self.Stats
         s.level = 255  s.score = math.mininteger  s.big = math.maxinteger  s.rate = 2  s.name = 'Bob'  s.initial = 'x'
         s.active = false  s.mood = 'Angry'  s.target = self  s.deep.deeper.value = -3.0  s.pair[1] = 8  s.pair[2] = 1.5",
    );
    assert_eq!((written.level, written.score, written.big, written.rate), (255, i64::MIN, i64::MAX as u64, 2.0));
    assert_eq!((written.name.as_str(), written.initial, written.active), ("Bob", 'x', false));
    assert_eq!((written.mood, written.deep.deeper.value, written.pair), (Mood::Angry, -3, (8, 1.5)));
    assert_ne!(written.target, Entity::PLACEHOLDER);
}

#[test]
fn entity_in_a_field_is_an_entity() {
    let (prints, _) = check("self.Stats.target = self  print(self.Stats.target == self, self.Stats.target.alive)");
    assert_eq!(prints, ["true\ttrue"]);
}

#[test]
fn component_that_is_one_of_several_names_is_assigned() {
    let (prints, _) = check("self.Mood = 'Angry'  print(self.Mood)");
    assert_eq!(prints, ["Angry"]);
}

#[test]
fn part_of_the_same_type_is_copied() {
    let (prints, _) = check(
        "local t = self.Transform  t.scale.x = 5  t.translation = t.scale  t.scale.x = 6
         print(t.translation.x, t.translation.y, t.scale.x)",
    );
    assert_eq!(prints, ["5.0\t1.0\t6.0"]);
}

#[test]
fn references_are_equal_by_what_they_name() {
    let (prints, _) = check(
        "print(self.Transform == self.Transform, self.Transform == self.Stats)
         print((tostring(self.Transform):sub(1, 13)))",
    );
    assert_eq!(prints, ["true\tfalse", "Transform of "]);
}

#[test]
fn write_of_the_same_value_is_no_change() {
    #[derive(Resource, Default)]
    struct Seen(Vec<bool>);
    let mut app = TestApp::new();
    app.world().init_resource::<Seen>();
    app.app().add_systems(Last, |stats: Query<'_, '_, Ref<'_, Health>>, mut seen: ResMut<'_, Seen>| {
        seen.0.extend(stats.iter().map(|health| health.is_changed()));
    });
    app.run_on(
        "wait()  self.Health[1] = 10  local _ = self.Health[1]  wait()  self.Health[1] = 11  wait()  self.Health[1] = 11.0",
        Health(10.0),
    );
    app.frames(4);
    assert_eq!(app.world().resource::<Seen>().0, [true, false, true, false]);
}

#[test]
fn write_of_the_same_place_or_size_is_no_change() {
    #[derive(Resource, Default)]
    struct Seen(Vec<bool>);
    let mut app = TestApp::new();
    app.world().init_resource::<Seen>();
    app.app().add_systems(Last, |transforms: Query<'_, '_, Ref<'_, Transform>>, mut seen: ResMut<'_, Seen>| {
        seen.0.extend(transforms.iter().map(|transform| transform.is_changed()));
    });
    let entity = app.run_on(
        "local t = self.Transform
         wait()  t.translation.x = 10  local _ = t.translation.x + self.Transform.scale.y
         wait()  t.translation.x = 11  wait()  t.translation.x = 11.0
         wait()  self.Transform.scale.z = 2  wait()  self.Transform.scale.z = 2
         wait()  print(pcall(function() t.scale.x = 'wide' end))  print(pcall(function() t.scale.x = nil end))",
        Transform::from_xyz(10.0, 0.0, 0.0),
    );
    app.frames(7);
    assert_eq!(app.world().resource::<Seen>().0, [true, false, true, false, true, false, false]);
    assert_eq!(
        app.prints(),
        [
            "false\ttest.lua:5: cannot set 'Transform.scale.x': it wants a number (f32), got a string",
            "false\ttest.lua:5: cannot set 'Transform.scale.x': it wants a number (f32), got nil"
        ]
    );
    let expected = Transform::from_xyz(11.0, 0.0, 0.0).with_scale(Vec3::new(1.0, 1.0, 2.0));
    assert_eq!(app.world().get(entity), Some(&expected));
}

#[test]
fn fields_in_a_row_are_read_as_one_by_one() {
    let (prints, _) = check(
        "local function deep(e) return e.Stats.deep.deeper.value end
         local function x(e) return e.Transform.translation.x end
         local function part(e, name) return e.Transform[name].y end
         local function mixed(t) return (t or self.Transform).translation.z end
         self.Transform.translation = vec3(1, 2, 3)
         for pass = 1, 3 do
           print(deep(self), x(self), part(self, 'translation'), part(self, 'scale'), mixed(), mixed({translation = {z = 'z'}}))
         end
         local translation = self.Transform.translation
         self.Transform.translation = vec3(4, 5, 6)
         print(x(self), translation.x, self.Transform.translation == translation, self.Transform.translation.xy)
         self.Transform = nil
         print(pcall(x, self))
         print(pcall(function() return self.Transform.translation end))
         print(pcall(function() return translation.x end))
         print(pcall(x, {Transform = {translation = {x = 'table'}}}))",
    );
    assert_eq!(prints[..3], ["9\t1.0\t2.0\t1.0\t3.0\tz"; 3]);
    assert_eq!(prints[3], "4.0\t4.0\ttrue\tvec2(4, 5)");
    for missing in &prints[4..7] {
        assert!(missing.starts_with("false\ttest.lua:") && missing.contains("has no Transform"), "{missing}");
    }
    assert_eq!(prints[7], "true\ttable");
}

#[test]
fn unknown_component_is_an_error_that_suggests() {
    assert_eq!(error_of("local _ = self.Transfrom"), "unknown component 'Transfrom'; did you mean 'Transform'?");
    assert_eq!(
        error_of("self.Quux.x = 1"),
        "unknown component 'Quux': no type of that name with #[reflect(Component)] is registered"
    );
    assert_eq!(
        error_of("print(self.Vec3)"),
        "'Vec3' is a type but no component for scripts: it lacks #[reflect(Component)]"
    );
}

#[test]
fn missing_component_is_an_error_that_says_what_there_is() {
    let mut app = TestApp::new();
    let entity = app.run_on("print(self.Transform.scale.x)", (Health(1.0), Name::new("Bob")));
    app.frame();
    assert_eq!(
        app.errors()[0].message,
        format!(
            "test.lua:1: entity {entity} \"Bob\" has no Transform; it has: Behaviour, BehaviourStatus, Health, Name"
        )
    );
}

#[test]
fn unknown_field_is_an_error_that_says_what_there_is() {
    assert_eq!(
        error_of("self.Transform.translaton.x = 1"),
        "'Transform' has no field 'translaton'; did you mean 'translation'?; it has: translation, rotation, scale"
    );
    assert_eq!(error_of("print(self.Stats.deep.w)"), "'Stats.deep' has no field 'w'; it has: deeper");
    assert_eq!(error_of("print(self.Health[2])"), "'Health' has no field '2'; it has: 1");
    assert_eq!(error_of("print(self.Marker.x)"), "'Marker' has no field 'x': it has none at all");
    assert_eq!(
        error_of("print(self.Transform[{}])"),
        "'Transform' has no field 'table'; it has: translation, rotation, scale"
    );
}

#[test]
fn wrong_type_is_an_error_that_says_what_fits() {
    for (source, message) in [
        ("self.Stats.level = 300", "cannot set 'Stats.level': 300 is out of range: u8 holds 0 to 255"),
        ("self.Stats.level = -1", "cannot set 'Stats.level': -1 is out of range: u8 holds 0 to 255"),
        ("self.Stats.level = 1.5", "cannot set 'Stats.level': it wants an integer (u8), got 1.5"),
        ("self.Stats.level = '7'", "cannot set 'Stats.level': it wants an integer (u8), got a string"),
        ("self.Stats.rate = nil", "cannot set 'Stats.rate': it wants a number (f64), got nil"),
        ("self.Stats.name = 5", "cannot set 'Stats.name': it wants a string, got a number"),
        ("self.Stats.name = '\\xff'", "cannot set 'Stats.name': the string is not UTF-8"),
        ("self.Stats.initial = 'ab'", "cannot set 'Stats.initial': it wants a string of one character, got 2"),
        ("self.Stats.active = 1", "cannot set 'Stats.active': it wants a boolean, got a number"),
        ("self.Stats.target = 1", "cannot set 'Stats.target': it wants an entity, got a number"),
        ("self.Stats.rate = self", "cannot set 'Stats.rate': it wants a number (f64), got an entity"),
        (
            "self.Stats.mood = 'Angy'",
            "cannot set 'Stats.mood': there is no variant 'Angy'; did you mean 'Angry'?; there are: Calm, Angry, Tired",
        ),
        ("self.Stats.mood = 'Tired'", "cannot set 'Stats.mood.Tired': it wants a number (f32), got nil"),
        ("self.Stats.deep = 2", "cannot set 'Stats.deep': it wants a table of its fields, got a number"),
        ("self.Stats.deep = self.Health", "cannot set 'Stats.deep': it wants a Deep, and 'Health' is of another type"),
        ("self.Stats.list = {1, 'x'}", "cannot set 'Stats.list[2]': it wants an integer (u32), got a string"),
        (
            "self.Rank.grade = 1",
            "cannot set 'Rank.grade': Rank is immutable; replace it as a whole, as in entity.Rank = {…}",
        ),
    ] {
        assert_eq!(error_of(source), message, "{source}");
    }
}

#[test]
fn failed_write_changes_nothing() {
    let (_, after) = check("pcall(function() self.Stats.level = 300 end)  pcall(function() self.Stats.mood = 1 end)");
    assert_eq!(after, stats());
}

#[test]
fn integer_too_great_for_lua_is_an_error_to_read() {
    let mut app = TestApp::new();
    app.run_on("print(self.Stats.big)", Stats { big: u64::MAX, ..stats() });
    app.frame();
    assert!(app.errors()[0].message.contains("does not fit into a Lua integer: 18446744073709551615"));
}

#[test]
fn ambiguous_name_is_an_error_that_lists_the_paths() {
    let mut app = TestApp::new();
    app.run_on("print(self.Twin)", (Twin { here: true }, other::Twin { here: false }));
    app.run_on(
        "print(self['integration::plugin::component::Twin'].here, self['integration::plugin::component::other::Twin'].here)",
        (Twin { here: true }, other::Twin { here: false }),
    );
    app.frame();
    assert_eq!(
        app.errors()[0].message,
        "test.lua:1: 'Twin' is ambiguous: write entity[\"integration::plugin::component::Twin\"] or \
         entity[\"integration::plugin::component::other::Twin\"]"
    );
    assert_eq!(app.prints(), ["true\tfalse"]);
}

#[test]
fn reference_outlives_its_component() {
    let mut app = TestApp::new();
    let entity = app.run_on("local h = self.Health  wait()  print(pcall(function() return h[1] end))", Health(1.0));
    app.frame();
    app.world().entity_mut(entity).remove::<Health>();
    app.frame();
    assert!(app.prints()[0].contains("has no Health"), "{:?}", app.prints());
}

#[test]
fn component_that_goes_between_two_uses_of_an_instruction_is_missed() {
    let (prints, _) = check(
        "local function read() return self.Stats.deep.deeper.value end
         local function write(v) self.Stats.deep.deeper.value = v end
         print(read())  write(4)  print(read())
         local kept = self.Stats
         self.Stats = nil
         print(pcall(read))  print(pcall(write, 5))  print(pcall(function() return kept.level end))
         self.Stats = {deep = {deeper = {value = 6}}, level = 1, score = 0, big = 0, rate = 0, name = '', initial = 'x',
                       active = false, mood = 'Calm', target = self, pair = {1, 2}, list = {}}
         write(read() + 1)  print(read(), kept.deep.deeper.value)",
    );
    assert_eq!(prints[..2], ["9", "4"]);
    for missing in &prints[2..5] {
        assert!(missing.starts_with("false\ttest.lua:") && missing.contains("has no Stats"), "{missing}");
    }
    assert_eq!(prints[5], "7\t7");
}

#[test]
fn instruction_that_meets_several_kinds_of_objects_reads_the_right_field() {
    let (prints, _) = check(
        "local x = {value = 'table', x = 'table'}
         local function value(o) return o.value end
         local function x_of(o) return o.x end
         local v, t = vec3(7, 8, 9), self.Transform
         t.translation = vec3(1, 2, 3)  t.scale = vec3(4, 5, 6)
         for pass = 1, 2 do
           print(value(self.Stats.deep.deeper), value(x))
           print(x_of(t.translation), x_of(x), x_of(v), x_of(t.scale), x_of(v.zyx))
         end
         local function second(o, key) if key == 'y' then return o.y else return o.z end end
         print(second(t.scale, 'y'), second(t.scale, 'z'), pcall(value, t))",
    );
    let expected = ["9\ttable", "1.0\ttable\t7.0\t4.0\t9.0"];
    assert_eq!((&prints[..2], &prints[2..4]), (&expected.map(str::to_owned)[..], &expected.map(str::to_owned)[..]));
    assert!(prints[4].starts_with("5.0\t6.0\tfalse\ttest.lua:2: 'Transform' has no field 'value'"), "{}", prints[4]);
}

#[test]
fn entity_in_the_place_of_one_that_is_gone_is_another() {
    let mut app = TestApp::new();
    app.run(
        "local function level(e) return e.Health[1] end
         local function x(e) return e.Transform.translation.x end
         local function set(e, v) e.Transform.translation.x = v end
         for round = 1, 3 do
           local old = world:spawn({Transform = {}, Health = {round}})
           local t = old.Transform
           set(old, round)
           print(level(old), x(old))
           old:despawn()
           local new = world:spawn({Transform = {}})
           print(pcall(level, old))  print(pcall(x, old))  print(pcall(set, old, 9))
           print(pcall(function() return t.translation.x end))
           print(x(new), old == new, select('#', pcall(level, new)))
           new:despawn()
         end",
    );
    app.frames(2);
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    let prints = app.prints();
    assert_eq!(prints.len(), 18, "{prints:?}");
    for (round, prints) in (1..).zip(prints.chunks(6)) {
        assert_eq!(prints[0], format!("{round}.0\t{round}.0"));
        for gone in &prints[1..5] {
            assert!(gone.starts_with("false\ttest.lua:") && gone.ends_with("is gone"), "{gone}");
        }
        assert_eq!(prints[5], "0.0\tfalse\t2");
    }
}

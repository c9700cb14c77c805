//! Rust functions that scripts call.

use bevy::prelude::*;
use deimos::testing::TestApp;
use deimos::{AppLuaExt, LuaData, LuaFields, LuaFunction, LuaScript, Reflected, Scripts};

#[derive(Component)]
struct Health(f32);

#[derive(Resource, Default)]
struct Score(i64);

#[test]
fn system_is_called_at_once_with_its_arguments() {
    let mut app = TestApp::new();
    app.app().init_resource::<Score>().add_lua_function(
        "damage",
        |In((target, amount)): In<(Entity, f32)>,
         mut healths: Query<'_, '_, &mut Health>,
         mut score: ResMut<'_, Score>| {
            let mut health = healths.get_mut(target).ok()?;
            health.0 -= amount;
            score.0 += 1;
            Some(health.0)
        },
    );
    let other = app.world().spawn_empty().id();
    app.app().add_lua_function("other", move || other);
    app.run_on("print(damage(self, 3), damage(self, 2))  print(damage(other(), 1))", Health(10.0));
    app.frame();
    assert_eq!(app.prints(), ["7.0\t5.0", "nil"]);
    assert_eq!(app.world().resource::<Score>().0, 2);
}

#[test]
fn commands_are_applied_before_it_returns() {
    let mut app = TestApp::new();
    app.app().add_lua_function("make", |mut commands: Commands<'_, '_>| commands.spawn(Name::new("new")).id());
    app.run("local e = make()  print(e.alive, (tostring(e):gsub('%d+v%d+', 'N')))");
    app.frame();
    assert_eq!(app.prints(), ["true\tEntity(N \"new\")"]);
}

#[test]
fn errors_name_the_argument_and_pass_on_what_was_returned() {
    let mut app = TestApp::new();
    app.app()
        .add_lua_function("risk", |In(e): In<Entity>| Err::<(), String>(format!("no: {}", e == Entity::PLACEHOLDER)))
        .add_lua_function("needs", |_: Res<'_, Score>| ());
    app.run("print(pcall(risk, 1))  print(pcall(risk, self))  print((select(2, pcall(needs)):match('^[^:]*')))");
    app.frame();
    assert_eq!(
        app.prints(),
        ["false\tbad argument #1 to 'risk' (entity expected, got number)", "false\tno: false", "'needs' could not run",]
    );
}

#[test]
fn names_with_points_lead_into_tables_and_functions_are_listed() {
    let mut app = TestApp::new();
    app.app()
        .add_lua_function(LuaFunction::new("combat.roll").arguments(["sides"]).documentation("A die."), |n: i64| n)
        .add_lua_function("combat.deep.er", |(a, b): (f64, f64)| (b, a));
    app.run("print(combat.roll(6), combat.deep.er(1, 2))");
    app.frame();
    assert_eq!(app.prints(), ["6\t2.0\t1.0"]);
    let scripts = app.world().non_send::<Scripts>();
    let names: Vec<&str> = scripts.functions().iter().map(LuaFunction::name).collect();
    assert_eq!(names, ["combat.roll", "combat.deep.er"]);
    assert_eq!(scripts.functions()[0].argument_names().collect::<Vec<_>>(), ["sides"]);
    assert_eq!(scripts.functions()[0].text(), "A die.");
}

#[test]
fn functions_in_tables_in_tables_cannot_be_replaced_by_scripts() {
    let mut app = TestApp::new();
    app.app().add_lua_function("combat.deep.er", || 1).add_lua_function("combat.deep.est.of.all", || 2);
    app.run(
        "for _, t in ipairs {combat, combat.deep, combat.deep.est, combat.deep.est.of} do
            print(pcall(function() t.er = print end))
            print(pcall(rawset, t, 'all', print))
        end
        print(combat.deep.er(), combat.deep.est.of.all())",
    );
    app.frame();
    let prints = app.prints();
    assert_eq!(prints.len(), 9);
    assert!(prints[..8].iter().all(|line| line.contains("attempt to modify a read-only table")), "{prints:?}");
    assert_eq!(prints[8], "1\t2");
}

#[derive(Reflect, Clone, Debug, Default, PartialEq)]
#[reflect(Default)]
struct Blow {
    amount: f32,
    from: Vec3,
    kind: Kind,
    script: Handle<LuaScript>,
    parts: Vec<Part>,
}

#[derive(Reflect, Clone, Debug, Default, PartialEq)]
#[reflect(Default)]
enum Kind {
    #[default]
    Blunt,
    Sharp {
        length: f32,
    },
}

#[derive(Reflect, Clone, Debug, PartialEq)]
struct Part(u8, Option<Entity>);

/// What a script prints that calls these functions on an entity with a `Transform`.
fn prints(source: &str) -> Vec<String> {
    let mut app = TestApp::new();
    app.app()
        .add_lua_function("push", |In((by, much)): In<(Vec3, f32)>, mut places: Query<'_, '_, &mut Transform>| {
            places.iter_mut().for_each(|mut place| place.translation += by * much);
            places.iter().next().map(|place| place.translation)
        })
        .add_lua_function("middle", |points: Vec<Vec2>| points.iter().sum::<Vec2>() / points.len() as f32)
        .add_lua_function("turn", |(by, of): (Quat, Option<Dir3>)| of.map(|of| by * of))
        .add_lua_function("paint", |(color, cell): (Color, Option<IVec3>)| (color.with_alpha(0.5), cell))
        .add_lua_function("hit", |Reflected(blow): Reflected<Blow>| Reflected(blow))
        .add_lua_function("place", |Reflected(place): Reflected<Transform>| place.translation)
        .add_lua_function("maybe", |kind: Option<Reflected<Kind>>| kind)
        .add_lua_function("blows", |blows: Vec<Option<Reflected<Blow>>>| blows.len())
        .add_lua_function("same", |data: LuaData| data)
        .add_lua_function("fields", |_: Option<LuaData>| LuaData::Table(LuaFields::from([("n".to_owned(), 3.into())])))
        .add_lua_function("run", |script: Handle<LuaScript>| script);
    app.file("other.lua", "");
    app.run_on(source, Transform::from_xyz(1.0, 2.0, 3.0));
    app.frames(2);
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    app.prints().into_iter().map(str::to_owned).collect()
}

#[test]
fn vectors_rotations_and_colours_are_arguments_and_results() {
    let lines = prints(
        "print(push(vec3(1, 0, 0), 2))
        print(push(self.Transform.translation, 1), push({y = -4}, 1))
        print(middle {vec2(0, 0), vec2(2, 4)}, middle {self.Transform.scale.xy})
        print(turn(quat.z(math.pi), vec3.Z), turn(self.Transform.rotation), turn({0, 0, 0, 1}, nil))
        print(paint('#ff0000', ivec3(1, 2, 3)))
        print(paint(color.RED, vec3(1, 2, 3)))",
    );
    assert_eq!(
        lines,
        [
            "vec3(3, 2, 3)",
            "vec3(6, 4, 6)\tvec3(6, 0, 6)",
            "vec2(1, 2)\tvec2(1, 1)",
            "vec3(0, 0, 1)\tnil\tnil",
            "color(1, 0, 0, 0.5)\tivec3(1, 2, 3)",
            "color(1, 0, 0, 0.5)\tivec3(1, 2, 3)",
        ]
    );
}

#[test]
fn what_reflects_is_an_argument_and_a_result() {
    let lines = prints(
        "local blow = hit {amount = 3, kind = {Sharp = {length = 2}}, parts = {{7, self}, {8}}, script = 'other.lua'}
        print(blow.amount, blow.from, blow.kind.Sharp.length, blow.script.path)
        print(#blow.parts, blow.parts[1][1], blow.parts[1][2] == self, blow.parts[2][1])
        print(hit(blow).parts[2][2], hit({}).kind)
        print(place(self.Transform), place({translation = vec3.X}))
        print(maybe(), maybe(nil), maybe('Blunt'), maybe({Sharp = {length = 1}}).Sharp.length)
        print(blows {{}, {}, {}}, same({1, {a = vec2.X}})[2].a, same(self) == self, fields().n)
        print(same(self.Transform).translation)
        print(run('other.lua').path, run(run('other.lua')) == run('other.lua'))",
    );
    assert_eq!(
        lines,
        [
            "3.0\tvec3(0, 0, 0)\t2.0\tother.lua",
            "2\t7\ttrue\t8",
            "nil\tBlunt",
            "vec3(1, 2, 3)\tvec3(1, 0, 0)",
            "nil\tnil\tBlunt\t1.0",
            "3\tvec2(1, 0)\ttrue\t3",
            "vec3(1, 2, 3)",
            "other.lua\ttrue",
        ]
    );
}

#[test]
fn argument_of_the_wrong_kind_is_an_error_that_says_what_would_do() {
    let lines = prints(
        "local function try(f, ...) print((select(2, pcall(f, ...)):gsub('%d+v%d+', 'N'))) end
        try(push, 5, 1)
        try(push)
        try(push, vec3.X, 'much')
        try(push, vec2.X, 1)
        try(push, self.Transform, 1)
        try(turn, quat.IDENTITY, vec3.ZERO)
        try(middle, {vec2.X, 'here'})
        try(paint, 'ultra')
        try(paint, color.RED, vec3(0.5, 0, 0))
        try(hit, {amout = 3})
        try(hit, {parts = {{300}}})
        try(hit)
        try(place, 3)
        try(place, self.Transform.translation)
        try(same, print)
        try(same)
        try(run, 3)
        try(run, '../x.lua')
        local other = world:spawn {Transform = {}}
        local gone = other.Transform
        other:despawn()
        try(push, gone.translation, 1)
        try(place, gone)
        try(same, gone)",
    );
    let expected = [
        "#1 to 'push' (it wants a vec3, got a number: for the same number in all parts write vec3(5))",
        "#1 to 'push' (vec3 expected, got no value)",
        "#2 to 'push' (number expected, got string)",
        "#1 to 'push' (it wants a vec3, got a vec2: v:extend(n) adds a part)",
        "#1 to 'push' (it wants a vec3, got 'Transform': write vec3(x, y, z))",
        "#2 to 'turn' (it is a direction, and a vector of length 0 has none)",
        "#1 to 'middle' (it wants a vec2, got a string: write vec2(x, y), at index 2)",
        "#1 to 'paint' (",
        "#2 to 'paint' (x is 0.5, and an ivec3 holds integers: write ivec3(v:floor()) or v:round())",
        "#1 to 'hit' (cannot set 'Blow': it has no field 'amout'; did you mean 'amount'?",
        "#1 to 'hit' (cannot set 'Blow.parts[1][1]': 300 is out of range: u8 holds 0 to 255)",
        "#1 to 'hit' (Blow expected, got no value)",
        "#1 to 'place' (cannot set 'Transform': it wants a table of its fields, got a number)",
        "#1 to 'place' (cannot set 'Transform': it wants a Transform, and 'Transform.translation' is of another type)",
        "#1 to 'same' (cannot set 'data': it wants a boolean, number, string, entity, vector, colour or table, got a",
        "#1 to 'same' (boolean, number, string, entity, vector, colour or table expected, got no value)",
        "#1 to 'run' (asset or path of one expected, got number)",
        "#1 to 'run' (cannot load '../x.lua': paths begin in the assets folder and stay in it",
        "#1 to 'push' (the Transform of entity N is gone with it: entity N is gone)",
        "#1 to 'place' (the Transform of entity N is gone with it: entity N is gone)",
        "#1 to 'same' (cannot set 'data': 'Transform' cannot be copied, or is not there any more)",
    ];
    assert_eq!(lines.len(), expected.len());
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.starts_with(&format!("bad argument {expected}")), "{line}\n  not: {expected}");
    }
}

#[test]
fn function_added_before_the_plugin_is_there() {
    let mut app = App::new();
    app.add_lua_function("early", || 1_i64);
    let mut app = TestApp::from_app(app, AssetPlugin::default());
    app.run("print(early())");
    app.frame();
    assert_eq!(app.prints(), ["1"]);
}

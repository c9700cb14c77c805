//! Rust functions that scripts call.

use bevy::prelude::*;
use deimos::testing::TestApp;
use deimos::{AppLuaExt, LuaFunction, Scripts};

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

#[test]
fn function_added_before_the_plugin_is_there() {
    let mut app = App::new();
    app.add_lua_function("early", || 1_i64);
    let mut app = TestApp::from_app(app, AssetPlugin::default());
    app.run("print(early())");
    app.frame();
    assert_eq!(app.prints(), ["1"]);
}

//! Scenes in files and in Rust: behaviours, states and the components of scripts, to `.scn.ron` and back, and from `bsn!`.

use bevy::asset::LoadState;
use bevy::ecs::entity::EntityHashMap;
use bevy::prelude::*;
use bevy::scene::ScenePlugin;
use bevy::world_serialization::{DynamicWorldBuilder, DynamicWorldRoot, WorldSerializationPlugin};
use deimos::testing::TestApp;
use deimos::{Behaviour, BehaviourState, BehaviourStatus, DeimosPlugin, LuaFields, WorldLuaExt, param};

fn app(files: &[(&str, &str)]) -> TestApp {
    let mut app = TestApp::build(DeimosPlugin::default(), |app| {
        app.add_plugins((WorldSerializationPlugin, ScenePlugin));
    });
    for (path, text) in files {
        app.file(path, text);
    }
    app
}

/// The scene of all entities with a behaviour and of others.
fn scene(app: &mut TestApp, others: &[Entity]) -> String {
    let mut behaviours = app.world().query_filtered::<Entity, With<Behaviour>>();
    let entities: Vec<Entity> = behaviours.iter(app.world()).chain(others.iter().copied()).collect();
    let saved = app.world().save_scripts(|world| {
        let registry = world.resource::<AppTypeRegistry>().read();
        let scene = DynamicWorldBuilder::from_world(world, &registry).extract_entities(entities.into_iter()).build();
        scene.serialize(&registry)
    });
    saved.expect("no script runs").expect("all of it is written")
}

/// An app that has loaded a scene, after as many prints.
#[track_caller]
fn load(scene: &str, files: &[(&str, &str)], prints: usize) -> TestApp {
    let mut app = app(&[&[("level.scn.ron", scene)], files].concat());
    // No entity is to have the number that it had.
    app.world().spawn_batch((0..50).map(|_| ()));
    let level = app.world().resource::<AssetServer>().load("level.scn.ron");
    app.world().spawn(DynamicWorldRoot(level.clone()));
    assert!(app.frames_until(|app| !app.world().resource::<AssetServer>().load_state(&level).is_loading()));
    if let LoadState::Failed(error) = app.world().resource::<AssetServer>().load_state(&level) {
        panic!("{error}\n{scene}");
    }
    let done = app.frames_until(|app| app.prints().len() >= prints || !app.errors().is_empty());
    assert!(done && app.errors().is_empty(), "{:?} {:?}\n{scene}", app.prints(), app.errors());
    app
}

const GUARD: &str = "params {speed = 1.0, home = vec3(0, 0, 0), tint = color('#fff'), path = {}, target = self}
    state.starts = (state.starts or 0) + 1
    state.seen = state.seen or {[params.target] = 'first'}
    for e, how in pairs(state.seen) do print(e == params.target, how) end
    print(params.speed, params.home, params.tint, params.path[2], params.target.name, state.starts)";

#[test]
fn behaviours_and_their_states_are_in_a_scene() {
    let files = [("scripts/guard.lua", GUARD)];
    let mut app = app(&files);
    let target = app.world().spawn(Name::new("target")).id();
    let script = app.world().resource::<AssetServer>().load("scripts/guard.lua");
    let behaviour = Behaviour::new(script)
        .with("speed", 2.0)
        .with("home", Vec3::X)
        .with("tint", Color::srgb(1.0, 0.5, 0.0))
        .with("path", [Vec2::ZERO, Vec2::ONE])
        .with("target", target);
    app.world().spawn(behaviour);
    let printed = |starts: u32| {
        let line = format!("2.0\tvec3(1, 0, 0)\tcolor(1, 0.5, 0, 1)\tvec2(1, 1)\ttarget\t{starts}");
        ["true\tfirst".to_owned(), line]
    };
    assert!(app.frames_until(|app| app.prints().len() == 2), "{:?}", app.errors());
    assert_eq!(app.prints(), printed(1));
    let text = scene(&mut app, &[target]);
    for part in
        ["\"deimos::Behaviour\"", "\"scripts/guard.lua\"", "\"speed\": Number(2.0)", "\"deimos::BehaviourState\""]
    {
        assert!(text.contains(part), "{part} is not in {text}");
    }

    let mut app = load(&text, &files, 2);
    assert_eq!(app.prints(), printed(2));
    let text = scene(&mut app, &[]);
    assert!(text.contains("\"starts\": Integer(2)"), "{text}");
}

#[test]
fn a_scene_written_by_hand_starts_behaviours() {
    let scene = r#"(
        resources: {},
        entities: {
            1: (components: { "bevy_ecs::name::Name": "tower" }),
            2: (components: {
                "deimos::Behaviour": (
                    script: Path("scripts/guard.lua"),
                    params: {
                        "speed": Number(2.5),
                        "home": Vec3((1.0, 2.0, 3.0)),
                        "tower": Entity(1),
                        "route": List([Text("a"), Text("b")]),
                        "loot": Table({"gold": Integer(3)}),
                    },
                ),
                "deimos::BehaviourState": (Table({"hp": Integer(7)})),
            }),
        },
    )"#;
    let guard = "print(params.speed, params.home, params.tower.name, params.route[2], params.loot.gold, state.hp)";
    let app = load(scene, &[("scripts/guard.lua", guard)], 1);
    assert_eq!(app.prints(), ["2.5\tvec3(1, 2, 3)\ttower\tb\t3\t7"]);
}

#[test]
fn a_loaded_behaviour_has_the_status_of_this_run() {
    let files = [("scripts/guard.lua", "print('here')")];
    let mut app = app(&files);
    let entity = app.run_file("scripts/guard.lua");
    assert!(app.frames_until(|app| app.status(entity) == Some(BehaviourStatus::Finished)));
    let text = scene(&mut app, &[]).replace("scripts/guard.lua", "scripts/nowhere.lua");
    assert!(text.contains("Finished"), "{text}");
    let mut app = self::app(&[("level.scn.ron", &text)]);
    let level = app.world().resource::<AssetServer>().load("level.scn.ron");
    app.world().spawn(DynamicWorldRoot(level));
    assert!(app.frames_until(|app| !app.errors().is_empty()));
    app.frame();
    let mut statuses = app.world().query::<&BehaviourStatus>();
    let statuses: Vec<&BehaviourStatus> = statuses.iter(app.world()).collect();
    assert!(matches!(statuses[..], [BehaviourStatus::Failed(_)]), "{statuses:?}");
}

#[test]
fn components_of_scripts_are_in_a_scene_by_name() {
    let define = |first: &str, second: &str| {
        format!(
            "world:component('{first}', {{n = 0, who = self}})  world:component('{second}', {{n = 0, who = self}})
             local has = self:has('Plate')
             if not has then self.Plate = {{n = 5, who = self}}  self.Vigour = {{n = 7, who = self}} end
             print(has, self.Plate.n, self.Vigour.n, self.Plate.who == self)"
        )
    };
    let mut app = app(&[("a.lua", &define("Plate", "Vigour"))]);
    app.run_file("a.lua");
    assert!(app.frames_until(|app| app.prints() == ["false\t5\t7\ttrue"]), "{:?}", app.errors());
    let text = scene(&mut app, &[]);
    let app = load(&text, &[("a.lua", &define("Vigour", "Plate"))], 1);
    assert_eq!(app.prints(), ["true\t5\t7\ttrue"]);
}

#[test]
fn a_scene_that_is_kept_in_memory_can_be_spawned_again() {
    let mut app = app(&[]);
    let script = app.script("a.lua", "state.n = (state.n or 0) + 1  print(state.n, params.me == self)");
    let entity = app.world().spawn_empty().id();
    app.world().entity_mut(entity).insert(Behaviour::new(script).with("me", entity));
    app.frame();
    let taken = app.world().save_scripts(|world| {
        let registry = world.resource::<AppTypeRegistry>().read();
        DynamicWorldBuilder::from_world(world, &registry).extract_entity(entity).build()
    });
    let taken = taken.expect("no script runs");
    for _ in 0..2 {
        taken.write_to_world(app.world(), &mut EntityHashMap::default()).expect("all types are there");
    }
    app.frame();
    assert_eq!(app.prints(), ["1\ttrue", "2\ttrue", "2\ttrue"]);
    let mut saved = app.world().query::<&BehaviourState>();
    assert_eq!(saved.iter(app.world()).count(), 0);
}

#[test]
fn bsn_spawns_a_behaviour() {
    let guard = "print(params.speed, params.home, params.tower.name, params.loot.gold, self.name, #params.path)";
    let mut app = app(&[("scripts/guard.lua", guard)]);
    fn guard_scene() -> impl Scene {
        bsn! {
            Behaviour { script: "scripts/guard.lua" }
            param("speed", 1.0)
            param("home", Vec3::X)
            param("path", [Vec2::ONE, Vec2::ZERO])
        }
    }
    let loot = LuaFields::from([("gold".to_owned(), 3.into())]);
    let scene = bsn! {
        #Guard
        guard_scene()
        param("speed", 2.5)
        param("tower", #Tower)
        param("loot", loot)
        Children [#Tower]
    };
    app.world().spawn_scene(scene).expect("it has no assets that it must wait for");
    assert!(app.frames_until(|app| !app.prints().is_empty()), "{:?}", app.errors());
    assert_eq!(app.prints(), ["2.5\tvec3(1, 0, 0)\tTower\t3\tGuard\t2"]);
}

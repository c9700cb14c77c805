//! What scripts do to the world costs, next to the same work through Bevy's reflection and in typed Rust.
//!
//!     cargo bench --bench world              all of it
//!     cargo bench --bench world -- read      what has this in its name
//!
//! A script's figure is a loop of a behaviour, so it contains a turn of the loop, measured as `empty loop`, and its share of
//! a frame of the app, which is less than a nanosecond. All contenders of a row are measured in turns and the fastest
//! sample of each counts, since everything that disturbs a sample only ever makes it longer. Run without `--bench`, as
//! `cargo test` does, everything is done once and nothing is measured.

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::Write as _;
use std::time::{Duration, Instant};

use bevy::ecs::query::QueryBuilder;
use bevy::ecs::reflect::ReflectComponent;
use bevy::ecs::world::FilteredEntityMut;
use bevy::prelude::*;
use bevy::reflect::{PartialReflect, ReflectMut, ReflectRef};
use deimos::testing::TestApp;
use deimos::{AppLuaExt, Behaviour, DeimosSettings};

/// Operations in a sample: turns of a loop, or so many times all rows of a query.
const TURNS: usize = 10_000;

/// Entities that match the query.
const ROWS: usize = 1_000;

/// Behaviours that run in each frame.
const BEHAVIOURS: usize = 10_000;

/// Samples of each contender.
const SAMPLES: usize = 60;

#[derive(Component, Reflect, Clone, Default)]
#[reflect(Component)]
struct Velocity {
    linear: Vec3,
}

/// Does a sample's worth of operations.
type Work = Box<dyn FnMut()>;

/// What is measured.
struct Row {
    name: &'static str,
    script: Work,
    reflection: Option<Work>,
    typed: Option<Work>,
    /// Operations in a sample.
    count: usize,
    /// What the script may take, where that was promised.
    bar: Option<Duration>,
}

impl Row {
    fn new(name: &'static str, script: Work) -> Row {
        Row { name, script, reflection: None, typed: None, count: TURNS, bar: None }
    }

    fn against(self, reflection: Work, typed: Work) -> Row {
        Row { reflection: Some(reflection), typed: Some(typed), ..self }
    }

    fn bar(self, bar: Duration) -> Row {
        Row { bar: Some(bar), ..self }
    }
}

/// Rows, made only if they are asked for: each has an app of its own.
type Rows = Vec<(&'static str, fn(&'static str) -> Row)>;

fn rows() -> Rows {
    vec![
        ("empty loop", |name| Row::new(name, turns(""))),
        ("read a float, held reference", |name| {
            Row::new(name, turns("local _ = p.x"))
                .against(read_reflected(), read_typed())
                .bar(Duration::from_nanos(100))
        }),
        ("read a float, self.Transform.translation.x", |name| {
            let script = turns("local _ = self.Transform.translation.x");
            Row::new(name, script).against(read_reflected(), read_typed()).bar(Duration::from_nanos(100))
        }),
        ("write a float, held reference", |name| {
            Row::new(name, turns("p.x = i")).against(write_reflected(), write_typed()).bar(Duration::from_nanos(110))
        }),
        ("write a float, self.Transform.translation.x", |name| {
            let script = turns("self.Transform.translation.x = i");
            Row::new(name, script).against(write_reflected(), write_typed()).bar(Duration::from_nanos(110))
        }),
        ("read a float, self.Velocity.linear.x", |name| {
            let script = turns("local _ = self.Velocity.linear.x");
            Row::new(name, script).against(read_reflected(), read_typed()).bar(Duration::from_nanos(100))
        }),
        ("write a float, self.Velocity.linear.x", |name| {
            let script = turns("self.Velocity.linear.x = i");
            Row::new(name, script).against(write_reflected(), write_typed()).bar(Duration::from_nanos(110))
        }),
        ("query row, one read and one write", |name| {
            Row::new(name, query()).against(query_reflected(), query_typed()).bar(Duration::from_nanos(250))
        }),
        ("call a system", |name| {
            let script = turns("damage(self, 1.0)");
            Row::new(name, script).against(system_by_id(), system_direct()).bar(Duration::from_nanos(250))
        }),
        ("call a closure", |name| Row::new(name, turns("add(1.0, 2.0)"))),
        ("10,000 behaviours, held reference", |name| {
            let source = "local t = self.Transform
                while true do t.translation.x = t.translation.x + time.delta wait() end";
            behaviours(name, source)
        }),
        ("10,000 behaviours, self.Transform.translation.x", |name| {
            let source =
                "while true do self.Transform.translation.x = self.Transform.translation.x + time.delta wait() end";
            behaviours(name, source)
        }),
        ("get a component", |name| Row::new(name, turns("local _ = self.Transform"))),
        ("whether it has a component", |name| Row::new(name, turns("local _ = self:has('Transform')"))),
        ("read a vector", |name| Row::new(name, turns("local _ = t.translation:copy()"))),
        ("write a vector", |name| Row::new(name, turns("t.translation = a"))),
        ("reference + vec3", |name| Row::new(name, turns("local _ = p + a"))),
        ("value: vec3 + vec3", |name| Row::new(name, turns("local _ = a + b"))),
        ("value: vec3 * number", |name| Row::new(name, turns("local _ = a * 2.0"))),
        ("value: number * vec3", |name| Row::new(name, turns("local _ = 2.0 * a"))),
        ("value: quat * vec3", |name| Row::new(name, turns("local _ = q * a"))),
        ("value: vec3.x", |name| Row::new(name, turns("local _ = a.x"))),
        ("value: vec3.xy", |name| Row::new(name, turns("local _ = a.xy"))),
        ("value: vec3 == vec3", |name| Row::new(name, turns("local _ = a == b"))),
        ("value: vec3(x, y, z)", |name| Row::new(name, turns("local _ = make(1.0, 2.0, 3.0)"))),
        ("value: length", |name| Row::new(name, turns("local _ = a:length()"))),
        ("value: lerp", |name| Row::new(name, turns("local _ = a:lerp(b, 0.5)"))),
    ]
}

fn main() -> std::io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let is_measured = args.iter().any(|arg| arg == "--bench");
    let wanted = args.iter().find(|arg| !arg.starts_with('-')).map_or("", String::as_str);
    let mut out = std::io::stdout().lock();
    let heading = ["", "script", "reflection", "typed", "to reflection", "to typed", "at most"];
    writeln!(out, "{}", line(heading.map(str::to_owned)))?;
    for (name, make) in rows().into_iter().filter(|(name, _)| name.contains(wanted)) {
        let mut row = make(name);
        let samples = if is_measured { SAMPLES } else { 1 };
        let script = measure(&mut row, samples);
        writeln!(out, "{}", line(script))?;
    }
    Ok(())
}

/// Measures a row, the contenders in turns, and puts it into words.
fn measure(row: &mut Row, samples: usize) -> [String; 7] {
    let mut fastest = [Duration::MAX; 3];
    for _ in 0..samples {
        let contenders = [Some(&mut row.script), row.reflection.as_mut(), row.typed.as_mut()];
        for (fastest, work) in fastest.iter_mut().zip(contenders) {
            if let Some(work) = work {
                let begun = Instant::now();
                work();
                *fastest = begun.elapsed().min(*fastest);
            }
        }
    }
    let each = fastest.map(|time| (time < Duration::MAX).then(|| time.as_secs_f64() * 1e9 / row.count as f64));
    let [script, reflection, typed] = each;
    let ratio = |to: Option<f64>| match (script, to) {
        (Some(script), Some(to)) => format!("{:.1}", script / to),
        _ => String::new(),
    };
    let time = |time: Option<f64>| time.map_or_else(String::new, in_words);
    let bar = row.bar.map(|bar| bar.as_secs_f64() * 1e9);
    let verdict = if script > bar && bar.is_some() { " !" } else { "" };
    let bar = time(bar) + verdict;
    [row.name.to_owned(), time(script), time(reflection), time(typed), ratio(reflection), ratio(typed), bar]
}

fn in_words(nanoseconds: f64) -> String {
    match nanoseconds {
        // A frame.
        10_000.0.. => format!("{:.2} ms", nanoseconds / 1e6),
        _ => format!("{nanoseconds:.1} ns"),
    }
}

fn line([name, numbers @ ..]: [String; 7]) -> String {
    let mut line = format!("{name:<50}");
    for number in numbers {
        // Writing to a string cannot fail.
        let _ = write!(line, "{number:>14}");
    }
    line
}

// -- scripts -----------------------------------------------------------------------------------------

/// An app whose scripts are never stopped before they wait.
fn app() -> TestApp {
    let mut app = TestApp::with_settings(DeimosSettings {
        frame_budget: 10_000_000,
        slice: 10_000_000,
        ..DeimosSettings::default()
    });
    app.app()
        .register_type::<Velocity>()
        .add_lua_function("add", |(a, b): (f64, f64)| a + b)
        .add_lua_function("damage", damage);
    app
}

fn damage(In((target, amount)): In<(Entity, f32)>, mut bodies: Query<'_, '_, &mut Velocity>) -> f32 {
    bodies.get_mut(target).map_or(0.0, |mut body| {
        body.linear.x -= amount;
        body.linear.x
    })
}

/// Frames of an app whose scripts have run for some, and without errors.
fn frames(mut app: TestApp, name: &str) -> Work {
    app.frames(10);
    assert!(app.errors().is_empty(), "{name}: {:?}", app.errors());
    Box::new(move || black_box(&mut app).frame())
}

/// A loop that does something in each turn.
fn turns(operation: &str) -> Work {
    let mut app = app();
    app.run_on(
        &format!(
            "local self, t, a, b, q, make = self, self.Transform, vec3(1, 2, 3), vec3(4, 5, 6), quat.z(1), vec3
            local p, add, damage = t.translation, add, damage
            while true do
                for i = 1, {TURNS} do {operation} end
                wait()
            end"
        ),
        (Transform::default(), Velocity::default()),
    );
    frames(app, operation)
}

/// A loop over all rows of a query.
fn query() -> Work {
    let mut app = app();
    fill(app.world());
    let passes = TURNS / ROWS;
    app.run(&format!(
        "while true do
            for pass = 1, {passes} do
                for _, t, v in world:query('Transform', 'Velocity') do t.translation.x = v.linear.x + pass end
            end
            wait()
        end"
    ));
    frames(app, "query")
}

fn fill(world: &mut World) {
    world.spawn_batch((0..ROWS).map(|_| (Transform::default(), Velocity::default())));
}

/// Behaviours that each do something in every frame; what is measured is the whole frame of the app.
fn behaviours(name: &'static str, source: &str) -> Row {
    let mut app = app();
    let script = app.script("drift.lua", source);
    let bodies = (0..BEHAVIOURS).map(|_| (Transform::default(), Behaviour::new(script.clone())));
    app.world().spawn_batch(bodies.collect::<Vec<_>>());
    let row = Row::new(name, frames(app, name)).against(all_reflected(), all_typed());
    Row { count: 1, ..row }.bar(Duration::from_millis(5))
}

// -- Rust --------------------------------------------------------------------------------------------

/// A world with one entity.
fn world() -> (World, Entity) {
    let mut world = World::new();
    let entity = world.spawn((Transform::default(), Velocity::default())).id();
    (world, entity)
}

/// What Bevy knows about a component, as it would be fetched from the registry once.
fn reflected<T: Component + Reflect + bevy::reflect::GetTypeRegistration>() -> ReflectComponent {
    let registration = T::get_type_registration();
    registration.data::<ReflectComponent>().expect("the type reflects that it is a component").clone()
}

fn field(value: &dyn PartialReflect, index: usize) -> Option<&dyn PartialReflect> {
    match value.reflect_ref() {
        ReflectRef::Struct(fields) => fields.field_at(index),
        _ => None,
    }
}

fn field_mut(value: &mut dyn PartialReflect, index: usize) -> Option<&mut dyn PartialReflect> {
    match value.reflect_mut() {
        ReflectMut::Struct(fields) => fields.field_at_mut(index),
        _ => None,
    }
}

/// The first part of a component's first field.
fn float(component: &dyn Reflect) -> Option<f32> {
    field(field(component.as_partial_reflect(), 0)?, 0)?.try_downcast_ref().copied()
}

fn float_mut(component: &mut dyn Reflect) -> Option<&mut f32> {
    field_mut(field_mut(component.as_partial_reflect_mut(), 0)?, 0)?.try_downcast_mut()
}

fn read_reflected() -> Work {
    let ((world, entity), transform) = (world(), reflected::<Transform>());
    Box::new(move || {
        for _ in 0..TURNS {
            let found = black_box(&world).get_entity(black_box(entity)).ok();
            black_box(found.and_then(|found| float(transform.reflect(found)?)));
        }
    })
}

fn read_typed() -> Work {
    let (world, entity) = world();
    Box::new(move || {
        for _ in 0..TURNS {
            let found = black_box(&world).get::<Transform>(black_box(entity));
            black_box(found.map(|transform| transform.translation.x));
        }
    })
}

fn write_reflected() -> Work {
    let ((mut world, entity), transform) = (world(), reflected::<Transform>());
    Box::new(move || {
        for turn in 0..TURNS {
            let Ok(found) = black_box(&mut world).get_entity_mut(black_box(entity)) else { continue };
            let Some(mut component) = transform.reflect_mut(found) else { continue };
            if let Some(part) = float_mut(&mut *component) {
                *part = turn as f32;
            }
        }
    })
}

fn write_typed() -> Work {
    let (mut world, entity) = world();
    Box::new(move || {
        for turn in 0..TURNS {
            if let Some(mut transform) = black_box(&mut world).get_mut::<Transform>(black_box(entity)) {
                transform.translation.x = turn as f32;
            }
        }
    })
}

fn query_reflected() -> Work {
    let mut world = World::new();
    fill(&mut world);
    let (transform, velocity) = (reflected::<Transform>(), reflected::<Velocity>());
    let mut builder = QueryBuilder::<FilteredEntityMut<'_, '_>>::new(&mut world);
    builder.data::<(&mut Transform, &Velocity)>();
    let mut query = builder.build();
    Box::new(move || {
        for pass in 0..TURNS / ROWS {
            for mut row in query.iter_mut(black_box(&mut world)) {
                let speed = velocity.reflect(row.reborrow()).and_then(float).unwrap_or_default();
                let Some(mut component) = transform.reflect_mut(row) else { continue };
                if let Some(part) = float_mut(&mut *component) {
                    *part = speed + pass as f32;
                }
            }
        }
    })
}

fn query_typed() -> Work {
    let mut world = World::new();
    fill(&mut world);
    let mut query = world.query::<(&mut Transform, &Velocity)>();
    Box::new(move || {
        for pass in 0..TURNS / ROWS {
            for (mut transform, velocity) in query.iter_mut(black_box(&mut world)) {
                transform.translation.x = velocity.linear.x + pass as f32;
            }
        }
    })
}

/// The same system, called as one calls a system whose type is not known.
fn system_by_id() -> Work {
    let (mut world, entity) = world();
    let id = world.register_system(damage);
    Box::new(move || {
        for _ in 0..TURNS {
            // An answer that is no number would be seen in the test of the function.
            let _ = black_box(world.run_system_with(id, (black_box(entity), 1.0)));
        }
    })
}

/// The same system, held and run.
fn system_direct() -> Work {
    let (mut world, entity) = world();
    let mut system = IntoSystem::into_system(damage);
    system.initialize(&mut world);
    Box::new(move || {
        for _ in 0..TURNS {
            let _ = black_box(system.run((black_box(entity), 1.0), &mut world));
        }
    })
}

fn all_reflected() -> Work {
    let mut world = World::new();
    let entities: Vec<Entity> = (0..BEHAVIOURS).map(|_| world.spawn(Transform::default()).id()).collect();
    let transform = reflected::<Transform>();
    Box::new(move || {
        for &entity in &entities {
            let Ok(found) = black_box(&mut world).get_entity_mut(entity) else { continue };
            let Some(mut component) = transform.reflect_mut(found) else { continue };
            if let Some(part) = float_mut(&mut *component) {
                *part += black_box(0.015_625);
            }
        }
    })
}

fn all_typed() -> Work {
    let mut world = World::new();
    world.spawn_batch((0..BEHAVIOURS).map(|_| Transform::default()));
    let mut query = world.query::<&mut Transform>();
    Box::new(move || {
        for mut transform in query.iter_mut(black_box(&mut world)) {
            transform.translation.x += black_box(0.015_625);
        }
    })
}

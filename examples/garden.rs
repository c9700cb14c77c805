//! A small ecosystem in the terminal, made by the scripts in `assets/scripts/garden/`: they spawn grass, rabbits and
//! foxes, look each other up, send each other events, and define a component of their own. Rust knows places, letters, one
//! event and two functions. `cargo run --example garden` runs until Ctrl-C, or for `--frames N`.

#![expect(elided_lifetimes_in_paths, clippy::cast_possible_truncation, reason = "short systems on a small map")]

use std::io::{IsTerminal, Write};
use std::time::Duration;

use bevy::prelude::*;
use deimos::{AppLuaExt, Behaviour, DeimosPlugin, DeimosSystems, LuaFunction, ScriptError, ScriptOutput};

const SIZE: (usize, usize) = (48, 14);
const FRAME: Duration = Duration::from_millis(50);

/// Where something is on the map.
#[derive(Component, Reflect, Default)]
#[reflect(Component, Default)]
struct Place {
    x: f32,
    y: f32,
}

/// The letter that it shows as.
#[derive(Component, Reflect, Default)]
#[reflect(Component, Default)]
struct Looks {
    letter: char,
}

/// Something is eaten.
#[derive(EntityEvent, Reflect, Clone)]
#[reflect(Event)]
struct Eaten {
    entity: Entity,
    by: Entity,
}

/// How much was eaten so far.
#[derive(Resource, Default)]
struct Meals(i64);

fn main() {
    let frames = std::env::args().skip_while(|arg| arg != "--frames").nth(1).and_then(|text| text.parse().ok());
    let pause = if std::io::stdout().is_terminal() { FRAME } else { Duration::ZERO };
    let mut app = App::new();
    app.add_plugins((MinimalPlugins, AssetPlugin::default(), DeimosPlugin::default()))
        .insert_resource(bevy::time::TimeUpdateStrategy::ManualDuration(FRAME))
        .init_resource::<Meals>()
        .add_lua_function(LuaFunction::new("nearest").arguments(["from", "letter", "distance"]), nearest)
        .add_lua_function("eaten", |meals: Res<Meals>| meals.0)
        .add_observer(|_: On<Eaten>, mut meals: ResMut<Meals>| meals.0 += 1)
        .add_systems(Startup, |mut commands: Commands, assets: Res<AssetServer>| {
            commands.spawn((Name::new("garden"), Behaviour::new(assets.load("scripts/garden/garden.lua"))));
        })
        .add_systems(Update, draw.after(DeimosSystems::Collect));
    app.finish();
    app.cleanup();
    for _ in 0..frames.unwrap_or(u64::MAX) {
        app.update();
        std::thread::sleep(pause);
    }
}

/// The nearest entity that shows as a letter, if there is one within a distance.
fn nearest(
    In((from, letter, distance)): In<(Entity, String, f32)>,
    places: Query<(Entity, &Place, &Looks)>,
) -> Option<Entity> {
    let (_, here, _) = places.get(from).ok()?;
    // A letter on the screen is twice as high as it is wide.
    let far = |there: &Place| (there.x - here.x).hypot((there.y - here.y) * 2.0);
    let letter = letter.chars().next()?;
    let others = places.iter().filter(|(other, _, looks)| looks.letter == letter && *other != from);
    let all = others.map(|(other, there, _)| (other, far(there))).filter(|(_, far)| *far <= distance);
    all.min_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0))).map(|(other, _)| other)
}

/// Draws the garden, and the newest line that a script has put out.
fn draw(
    mut things: Query<(&mut Place, &Looks)>,
    mut output: MessageReader<ScriptOutput>,
    mut errors: MessageReader<ScriptError>,
    mut news: Local<String>,
) -> Result {
    let (lines, errors) =
        (output.read().map(|line| line.text.clone()), errors.read().map(|error| error.message.clone()));
    *news = lines.chain(errors).last().unwrap_or(std::mem::take(&mut news));
    let mut map = vec![vec![' '; SIZE.0]; SIZE.1];
    for (mut place, looks) in &mut things {
        let (x, y) = (place.x.clamp(0.0, SIZE.0 as f32 - 1.0), place.y.clamp(0.0, SIZE.1 as f32 - 1.0));
        if (x, y) != (place.x, place.y) {
            (place.x, place.y) = (x, y);
        }
        let cell = &mut map[y.round() as usize][x.round() as usize];
        // Animals stand before the grass.
        if !cell.is_alphabetic() {
            *cell = looks.letter;
        }
    }
    // On a terminal each frame is drawn over the last.
    let mut frame = if std::io::stdout().is_terminal() { "\x1b[H\x1b[J".to_owned() } else { String::new() };
    frame += &format!("┌{}┐\n", "─".repeat(SIZE.0));
    for line in &map {
        frame += &format!("│{}│\n", line.iter().collect::<String>());
    }
    frame += &format!("└{}┘\n {}\n", "─".repeat(SIZE.0), news.lines().next().unwrap_or_default());
    Ok(std::io::stdout().lock().write_all(frame.as_bytes())?)
}

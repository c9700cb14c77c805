//! A guard, a wolf and some rabbits on a map in the terminal, each driven by a script under `assets/scripts/`.
//! `cargo run --example patrol` runs until Ctrl-C, or for `--frames N`. With `--features file_watcher`, edit a script
//! while it runs: the behaviour changes as you save.

#![expect(elided_lifetimes_in_paths, clippy::cast_possible_truncation, reason = "short systems on a small map")]

use std::io::{IsTerminal, Write};
use std::time::Duration;

use bevy::prelude::*;
use deimos::{Behaviour, DeimosPlugin, DeimosSystems, ScriptError, ScriptOutput};

const SIZE: (usize, usize) = (48, 14);
const FRAME: Duration = Duration::from_millis(50);
const TREES: [(usize, usize); 8] = [(3, 9), (9, 5), (17, 3), (18, 12), (26, 4), (33, 9), (36, 4), (45, 6)];

/// Where an actor is on the map.
#[derive(Component, Reflect)]
#[reflect(Component)]
struct Place {
    x: f32,
    y: f32,
}

/// How an actor shows: its letter, and what its script says it is doing.
#[derive(Component, Reflect)]
#[reflect(Component)]
struct Actor {
    letter: char,
    mood: String,
}

/// The nearest actors that it hunts and that it fears, for its script to act on.
#[derive(Component, Reflect)]
#[reflect(Component)]
struct Sight {
    prey: Entity,
    prey_distance: f32,
    threat: Entity,
    threat_distance: f32,
}

fn main() {
    let frames = std::env::args().skip_while(|arg| arg != "--frames").nth(1).and_then(|text| text.parse().ok());
    let pause = if std::io::stdout().is_terminal() { FRAME } else { Duration::ZERO };
    let mut app = App::new();
    app.add_plugins((MinimalPlugins, AssetPlugin::default(), DeimosPlugin::default()))
        .insert_resource(bevy::time::TimeUpdateStrategy::ManualDuration(FRAME))
        .add_systems(Update, (populate, look_around).chain().before(DeimosSystems::Reload))
        .add_systems(Update, draw.after(DeimosSystems::Collect));
    app.finish();
    app.cleanup();
    for _ in 0..frames.unwrap_or(u64::MAX) {
        app.update();
        std::thread::sleep(pause);
    }
}

/// Spawns who is missing: what the wolf takes, the burrow gives back.
fn populate(mut commands: Commands, assets: Res<AssetServer>, actors: Query<&Actor>) {
    let cast = [
        ('G', "scripts/guard.lua", 6.0, vec![(6.0, 2.0)]),
        ('W', "scripts/wolf.lua", 4.0, vec![(40.0, 6.0)]),
        ('r', "scripts/rabbit.lua", 3.0, vec![(20.0, 7.0), (12.0, 9.0), (28.0, 8.0)]),
    ];
    for (letter, script, speed, homes) in cast {
        let present = actors.iter().filter(|actor| actor.letter == letter).count();
        for (x, y) in homes.into_iter().skip(present) {
            let nobody = Entity::PLACEHOLDER;
            let sight = Sight { prey: nobody, prey_distance: f32::MAX, threat: nobody, threat_distance: f32::MAX };
            let actor = Actor { letter, mood: String::new() };
            commands.spawn((Place { x, y }, actor, sight, Behaviour::new(assets.load(script)).with("speed", speed)));
        }
    }
}

fn look_around(mut lookers: Query<(&Place, &Actor, &mut Sight)>, others: Query<(Entity, &Place, &Actor)>) {
    for (here, looker, mut sight) in &mut lookers {
        let nearest = |letter| {
            // A letter on the screen is twice as high as it is wide.
            let far = |there: &Place| (there.x - here.x).hypot((there.y - here.y) * 2.0);
            let others = others.iter().filter(|(_, _, other)| other.letter == letter);
            let nearest = others.map(|(other, there, _)| (other, far(there))).min_by(|a, b| a.1.total_cmp(&b.1));
            nearest.unwrap_or((Entity::PLACEHOLDER, f32::MAX))
        };
        let (prey, threat) = if looker.letter == 'G' { ('W', '-') } else { ('r', 'G') };
        let (prey, threat) = if looker.letter == 'r' { ('-', 'W') } else { (prey, threat) };
        (sight.prey, sight.prey_distance) = nearest(prey);
        (sight.threat, sight.threat_distance) = nearest(threat);
    }
}

/// Draws the map, who does what, and the newest line that a script has put out.
fn draw(
    mut actors: Query<(&mut Place, &Actor)>,
    mut output: MessageReader<ScriptOutput>,
    mut errors: MessageReader<ScriptError>,
    mut news: Local<String>,
) -> Result {
    let (lines, errors) =
        (output.read().map(|line| line.text.clone()), errors.read().map(|error| error.message.clone()));
    *news = lines.chain(errors).last().unwrap_or(std::mem::take(&mut news));
    let mut map = vec![vec![' '; SIZE.0]; SIZE.1];
    TREES.iter().for_each(|&(x, y)| map[y][x] = '♣');
    let mut legend = Vec::new();
    for (mut place, actor) in &mut actors {
        (place.x, place.y) = (place.x.clamp(0.0, SIZE.0 as f32 - 1.0), place.y.clamp(0.0, SIZE.1 as f32 - 1.0));
        map[place.y.round() as usize][place.x.round() as usize] = actor.letter;
        legend.push(format!("  {} {:<18}", actor.letter, actor.mood));
    }
    // On a terminal each frame is drawn over the last.
    let mut frame = if std::io::stdout().is_terminal() { "\x1b[H\x1b[J".to_owned() } else { String::new() };
    frame += &format!("┌{}┐\n", "─".repeat(SIZE.0));
    for (row, line) in map.iter().enumerate() {
        frame += &format!("│{}│{}\n", line.iter().collect::<String>(), legend.get(row).map_or("", String::as_str));
    }
    frame += &format!("└{}┘\n {}\n", "─".repeat(SIZE.0), news.lines().next().unwrap_or_default());
    Ok(std::io::stdout().lock().write_all(frame.as_bytes())?)
}

//! The same work of scripts, on the same entities, in deimos and in `bevy_mod_scripting` (C Lua 5.4): both tables side by
//! side, in one process and in turns.
//!
//!     cargo run --release --manifest-path benches/peers/Cargo.toml                all of it
//!     cargo run --release --manifest-path benches/peers/Cargo.toml -- read        what has this in its name
//!
//! Each figure is the fastest of some samples of a whole frame of the app, divided by the operations in it. Where the work
//! is a loop, a turn of the loop is in it, which is measured as `empty loop`. Before anything is measured, both sides run
//! for some frames, and the run ends if a script has raised an error or the entities are not where they should be.

mod deimos_side;
mod peer_side;

use std::time::{Duration, Instant};

use bevy::prelude::*;

/// Operations of a loop in a frame.
const TURNS: usize = 50_000;

/// Entities that match a query.
const ROWS: usize = 1_000;

/// Samples of each side.
const SAMPLES: usize = 15;

/// A component of the game, without a line of glue for either side.
#[derive(Component, Reflect, Clone, Default)]
#[reflect(Component)]
struct Velocity {
    linear: Vec3,
}

/// Does what is measured once: a frame of an app.
type Frame = Box<dyn FnMut()>;

/// A loop: its name, and what is done in each turn, as deimos and as the peer writes it. `p` is the translation of the
/// script's own entity.
const LOOPS: [(&str, &str, &str); 8] = [
    ("empty loop", "", ""),
    ("read a field", "local _ = p.x", "local _ = p.x"),
    ("write a field", "p.x = i", "p.x = i"),
    ("add to a field", "p.x = p.x + 1.0", "p.x = p.x + 1.0"),
    ("get a component", "local _ = self.Transform", "local _ = world.get_component(entity, Transform)"),
    (
        "get a component, read a field of it",
        "local _ = self.Transform.translation.x",
        "local _ = world.get_component(entity, Transform).translation.x",
    ),
    (
        "get a component, write a field of it",
        "self.Transform.translation.x = i",
        "world.get_component(entity, Transform).translation.x = i",
    ),
    ("call a Rust function", "local _ = add(i, 1.0)", "local _ = add(i, 1.0)"),
];

/// What is measured: a name, the operations in a frame, and a frame of each side.
struct Contest {
    name: String,
    count: usize,
    deimos: Frame,
    peer: Frame,
}

/// Makes a contest, which takes time, only if it is asked for.
type Make = Box<dyn Fn(String) -> Contest>;

fn contests() -> Vec<(String, Make)> {
    let mut all: Vec<(String, Make)> = Vec::new();
    for (name, ours, theirs) in LOOPS {
        let make = move |name| Contest {
            name,
            count: TURNS,
            deimos: deimos_side::turns(ours),
            peer: peer_side::turns(theirs),
        };
        all.push((name.to_owned(), Box::new(make)));
    }
    let query = |name| Contest { name, count: TURNS, deimos: deimos_side::query(), peer: peer_side::query() };
    all.push(("query row, one read and one write".to_owned(), Box::new(query)));
    for (count, is_shared) in [(1_000, false), (1_000, true), (10_000, true)] {
        let how = if is_shared { "the peer's in one context" } else { "a context for each" };
        let make = move |name| Contest {
            name,
            count: 1,
            deimos: deimos_side::behaviours(count),
            peer: peer_side::behaviours(count, is_shared),
        };
        all.push((format!("frame of {count} scripts, {how}"), Box::new(make)));
    }
    all
}

fn main() {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    println!("{:<50}{:>14}{:>22}{:>8}", "", "deimos", "bevy_mod_scripting", "ratio");
    for (name, make) in contests().into_iter().filter(|(name, _)| name.contains(&wanted)) {
        let mut contest = make(name);
        let (mut deimos, mut peer) = (Duration::MAX, Duration::MAX);
        for _ in 0..SAMPLES {
            deimos = deimos.min(time(&mut contest.deimos));
            peer = peer.min(time(&mut contest.peer));
        }
        let [deimos, peer] = [deimos, peer].map(|time| time.as_secs_f64() * 1e9 / contest.count as f64);
        println!("{:<50}{:>14}{:>22}{:>8.1}", contest.name, in_words(deimos), in_words(peer), peer / deimos);
    }
}

fn time(frame: &mut Frame) -> Duration {
    let begun = Instant::now();
    frame();
    begun.elapsed()
}

fn in_words(nanoseconds: f64) -> String {
    match nanoseconds {
        // A frame.
        50_000.0.. => format!("{:.2} ms", nanoseconds / 1e6),
        _ => format!("{nanoseconds:.1} ns"),
    }
}

/// Fills a world with what the query finds.
fn fill(world: &mut World) {
    world.spawn_batch((0..ROWS).map(|_| (Transform::default(), Velocity::default())));
}

/// How far the entities of a world have come, together.
fn distance(world: &mut World) -> f32 {
    world.query::<&Transform>().iter(world).map(|transform| transform.translation.x).sum()
}

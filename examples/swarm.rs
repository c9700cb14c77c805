//! Ten thousand behaviours and one endless loop: what a frame of scripts costs, and that the loop costs nobody else.
//!
//! `cargo run --release --example swarm -- [--frames N] [--behaviours N]`

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it prints what it measures")]
#![expect(clippy::cast_possible_truncation, reason = "an index below the length")]

use std::time::{Duration, Instant};

use bevy::diagnostic::{Diagnostic, DiagnosticPath, DiagnosticsStore};
use bevy::log::LogPlugin;
use bevy::prelude::*;
use bevy::time::TimeUpdateStrategy;
use deimos::{Behaviour, BehaviourStatus, DeimosDiagnostics, DeimosPlugin, DeimosSettings, Scripts};

/// What each drifter counts, to show that it had a turn in every frame.
#[derive(Component, Reflect, Default)]
#[reflect(Component)]
struct Drift {
    turns: u32,
}

fn main() {
    let (frames, count) = (number_after("--frames", 300), number_after("--behaviours", 10_000));
    let mut app = App::new();
    app.add_plugins((MinimalPlugins, LogPlugin::default(), AssetPlugin::default(), DeimosPlugin::default()));
    app.insert_resource(TimeUpdateStrategy::ManualDuration(Duration::from_secs_f64(1.0 / 60.0)));
    app.finish();
    app.cleanup();

    let assets = app.world().resource::<AssetServer>().clone();
    let drifter = Behaviour::new(assets.load("scripts/drifter.lua")).with("speed", 1.5);
    let begun = Instant::now();
    // One behaviour alone first: the memory of the others is then theirs alone.
    app.world_mut().spawn((Transform::default(), Drift::default(), drifter.clone()));
    while app.world_mut().query::<&Drift>().iter(app.world()).all(|drift| drift.turns == 0) {
        app.update();
        if begun.elapsed() > Duration::from_secs(10) {
            return eprintln!("assets/scripts/drifter.lua was not loaded; run this from the repository");
        }
    }
    let memory = heap(&mut app);
    for _ in 1..count {
        app.world_mut().spawn((Transform::default(), Drift::default(), drifter.clone()));
    }
    let (mut start_up, mut first_steps) = (Duration::ZERO, 0.0_f64);
    while app.world_mut().query::<&Drift>().iter(app.world()).any(|drift| drift.turns == 0) {
        let begun = Instant::now();
        app.update();
        start_up = start_up.max(begun.elapsed());
        first_steps = first_steps.max(latest(&app, &DeimosDiagnostics::STEP_TIME));
    }
    let each = (heap(&mut app) - memory) / (count - 1).max(1);

    let runaway = app.world_mut().spawn(Behaviour::new(assets.load("scripts/runaway.lua"))).id();
    while app.world().get::<BehaviourStatus>(runaway) != Some(&BehaviourStatus::Running) {
        app.update();
    }
    let before: Vec<u32> = turns(&mut app);
    let (mut steps, mut collections) = (Vec::new(), Vec::new());
    for _ in 0..frames {
        app.update();
        steps.push(latest(&app, &DeimosDiagnostics::STEP_TIME));
        collections.push(latest(&app, &DeimosDiagnostics::GC_TIME));
    }
    let after = turns(&mut app);
    let missed = before.iter().zip(&after).filter(|(before, after)| (**after - **before) as usize != frames).count();

    steps.sort_by(f64::total_cmp);
    collections.sort_by(f64::total_cmp);
    let slice = app.world().resource::<DeimosSettings>().slice;
    println!("{count} behaviours and one endless loop, {frames} frames\n");
    println!(
        "  starting frames    {:8.2} ms  longest, all of it, while coroutines are made",
        start_up.as_secs_f64() * 1e3
    );
    println!("                     {first_steps:8.2} ms  longest, of it scripts");
    println!("  scripts per frame  {:8.2} ms  median", at(&steps, 0.5));
    println!("                     {:8.2} ms  99 of 100 frames", at(&steps, 0.99));
    println!("                     {:8.2} ms  longest", at(&steps, 1.0));
    println!("  collector          {:8.2} ms  median, {:.2} ms longest", at(&collections, 0.5), at(&collections, 1.0));
    println!("  instructions       {:8.0}     per frame", latest(&app, &DeimosDiagnostics::INSTRUCTIONS));
    println!("  heap               {:8.1} MB  ({each} bytes for each behaviour)", heap(&mut app) as f64 / 1e6);
    println!(
        "\n  the endless loop   cut off after {slice} instructions in every frame, still {}",
        status(&app, runaway)
    );
    match missed {
        0 => println!("  everyone else      had a turn in every frame"),
        _ => println!("  everyone else      {missed} MISSED A TURN"),
    }
}

fn status(app: &App, entity: Entity) -> String {
    format!("{:?}", app.world().get::<BehaviourStatus>(entity).cloned().unwrap_or_default()).to_lowercase()
}

fn turns(app: &mut App) -> Vec<u32> {
    app.world_mut().query::<&Drift>().iter(app.world()).map(|drift| drift.turns).collect()
}

fn heap(app: &mut App) -> usize {
    app.world().non_send::<Scripts>().memory_used()
}

fn latest(app: &App, path: &DiagnosticPath) -> f64 {
    app.world().resource::<DiagnosticsStore>().get(path).and_then(Diagnostic::value).unwrap_or_default()
}

/// The value below which that part of the sorted values lies.
fn at(sorted: &[f64], part: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted.get((last as f64 * part).round() as usize).copied().unwrap_or_default()
}

fn number_after(option: &str, default: usize) -> usize {
    std::env::args().skip_while(|arg| arg != option).nth(1).and_then(|text| text.parse().ok()).unwrap_or(default)
}

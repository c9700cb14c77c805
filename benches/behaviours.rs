//! What crowds of behaviours cost: time for each frame, and memory.
//!
//!     cargo bench --bench behaviours              all of it
//!     cargo bench --bench behaviours -- idle      what has this in its name
//!     cargo test --bench behaviours               each once, with small crowds, to see that it runs
//!
//! Each figure is taken several times, in a process of its own, since what one crowd leaves in the allocator would be
//! the next one's; the smallest is shown, because whatever disturbs a measurement only ever adds to it. A frame is
//! all of `App::update` of a headless app, which alone takes the time in the first row. Where the system tells it, time is
//! that of the processor, which a busy machine lengthens least; all of a frame is done by one thread. Of memory, what
//! counts is by how much the process has grown.

#![expect(clippy::print_stdout, reason = "it prints what it measures")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on says so by ending")]

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bevy::prelude::*;
use deimos::testing::TestApp;
use deimos::{AppLuaExt, Behaviour, BehaviourStatus, DeimosSettings};

/// How large the crowds are, and how many frames are taken.
#[derive(Clone, Copy)]
struct Scale {
    divisor: usize,
    frames: usize,
}

impl Scale {
    /// As the table says.
    const FULL: Scale = Scale { divisor: 1, frames: 200 };
    /// Only to see that it runs.
    const SMALL: Scale = Scale { divisor: 100, frames: 3 };

    fn count(self, full: usize) -> usize {
        full / self.divisor
    }
}

/// A row of the table.
struct Row {
    name: &'static str,
    what: &'static str,
    unit: &'static str,
    /// What it must not be more than.
    bar: Option<f64>,
    measure: fn(Scale) -> f64,
}

#[rustfmt::skip]
const ROWS: [Row; 14] = [
    Row { name: "frame", what: "a frame without behaviours", unit: "ms", bar: None, measure: empty_frame },
    Row { name: "turn/1000", what: "resume and yield, each of 1,000", unit: "ns", bar: Some(200.0), measure: |scale| turn(scale, 1000) },
    Row { name: "turn/10000", what: "resume and yield, each of 10,000", unit: "ns", bar: Some(200.0), measure: |scale| turn(scale, 10_000) },
    Row { name: "active", what: "10,000 active, a frame", unit: "ms", bar: Some(6.0), measure: active },
    Row { name: "sleepers", what: "100,000 sleepers, 100 of them waking, a frame", unit: "ms", bar: Some(0.2), measure: sleepers },
    Row { name: "idle/bare", what: "100,000 entities, to compare", unit: "MB", bar: None, measure: bare_entities },
    Row { name: "idle/wait", what: "100,000 idle in wait(seconds)", unit: "MB", bar: Some(150.0), measure: idle_in_wait },
    Row { name: "idle/wait_for", what: "100,000 idle in wait_for(own event)", unit: "MB", bar: Some(150.0), measure: idle_in_wait_for },
    Row { name: "start", what: "1,000 of one script, from its text to their first turns", unit: "ms", bar: Some(8.0), measure: start },
    Row { name: "storm", what: "10,000 despawned at once, each with two cleanups", unit: "ms", bar: Some(15.0), measure: storm },
    Row { name: "runaway/ratio", what: "10,000 active and a runaway, less its slice, to those without", unit: "times", bar: Some(1.2), measure: runaway_ratio },
    Row { name: "runaway/slice", what: "the slice of a runaway alone", unit: "ms", bar: None, measure: runaway_slice },
    Row { name: "garbage/step", what: "the longest frame after 500,000 strings became garbage", unit: "ms", bar: None, measure: garbage_step },
    Row { name: "garbage/verdict", what: "the longest frame when somebody has filled 64 MB with tables", unit: "ms", bar: None, measure: verdict },
];

/// How often a row is measured.
const REPEATS: usize = 5;

/// What an active behaviour does in a frame: two reads and a write of components, about 15 instructions, a wait.
const ACTIVE: &str = "
local place, drift = self.Transform.translation, self.Drift
while true do
    place.x = place.x + drift.speed * time.delta
    wait()
end";

const RUNAWAY: &str = "while true do end";

/// A component of the game.
#[derive(Component, Reflect, Default)]
#[reflect(Component)]
struct Drift {
    speed: f32,
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let is_bench = args.iter().any(|arg| arg == "--bench");
    if let Some(name) = args.iter().skip_while(|arg| *arg != "--row").nth(1) {
        let row = ROWS.iter().find(|row| row.name == name).unwrap();
        println!("{}", (row.measure)(Scale::FULL));
        return;
    }
    let filter = args.iter().find(|arg| !arg.starts_with('-')).map_or("", String::as_str);
    let rows = ROWS.iter().filter(|row| row.name.contains(filter));
    if !is_bench {
        for row in rows {
            (row.measure)(Scale::SMALL);
            println!("{}: ok", row.name);
        }
        return;
    }
    println!("{:14} {:64} {:>12} {:>12}", "name", "what", "bar", "is");
    for row in rows {
        let is = (0..REPEATS).map(|_| in_own_process(row.name)).fold(f64::INFINITY, f64::min);
        let bar = row.bar.map(|bar| format!("≤ {bar} {}", row.unit)).unwrap_or_default();
        println!("{:14} {:64} {bar:>12} {:>12}", row.name, row.what, shown(is, row.unit));
    }
}

fn in_own_process(row: &str) -> f64 {
    let output = Command::new(std::env::current_exe().unwrap()).args(["--row", row]).output().unwrap();
    assert!(output.status.success(), "{row}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().parse().unwrap()
}

fn shown(value: f64, unit: &str) -> String {
    let digits = if value < 10.0 { 3 } else { 1 };
    format!("{value:.digits$} {unit}")
}

// -- rows --------------------------------------------------------------------------------------------

fn empty_frame(scale: Scale) -> f64 {
    milliseconds(median_frame(&mut app(), scale.frames))
}

/// With few of them all that is touched stays in the processor's caches, with many it does not.
fn turn(scale: Scale, full: usize) -> f64 {
    let count = scale.count(full);
    let mut app = app();
    crowd(&mut app, count, "while true do wait() end");
    median_frame(&mut app, scale.frames).as_secs_f64() * 1e9 / count as f64
}

fn active(scale: Scale) -> f64 {
    let mut app = app();
    crowd(&mut app, scale.count(10_000), ACTIVE);
    milliseconds(median_frame(&mut app, scale.frames))
}

fn sleepers(scale: Scale) -> f64 {
    const FRAMES: usize = 1000;
    let mut app = app();
    let seconds = TestApp::FRAME.as_secs_f64() * FRAMES as f64;
    let script = app.script("sleeper.lua", &format!("while true do wait({seconds}) end"));
    // Those of one frame sleep until the same frame.
    for _ in 0..FRAMES {
        for _ in 0..scale.count(100).max(1) {
            app.world().spawn(Behaviour::new(script.clone()));
        }
        app.frame();
    }
    milliseconds(median_frame(&mut app, scale.frames))
}

fn bare_entities(scale: Scale) -> f64 {
    growth(|app| {
        for _ in 0..scale.count(100_000) {
            app.world().spawn(Transform::default());
        }
    })
}

fn idle_in_wait(scale: Scale) -> f64 {
    growth(|app| idle(app, scale.count(100_000), "wait(1000)"))
}

fn idle_in_wait_for(scale: Scale) -> f64 {
    growth(|app| idle(app, scale.count(100_000), "wait_for('Hit')"))
}

fn idle(app: &mut TestApp, count: usize, wait: &str) {
    let source = format!("local here, count = self.Transform, 0  while true do {wait}  count = count + 1 end");
    let script = app.script("idle.lua", &source);
    for _ in 0..count {
        app.world().spawn((Transform::default(), Behaviour::new(script.clone())));
    }
    // So many start in a frame, and the others later.
    app.frames(count / 4096 + 1);
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    let mut statuses = app.world().query::<&BehaviourStatus>();
    assert!(statuses.iter(app.world()).all(|status| matches!(status, BehaviourStatus::Waiting(_))), "all of them wait");
}

fn start(scale: Scale) -> f64 {
    const SCRIPT: &str = "
    local speed, home = params.speed or 1, self.Transform.translation:copy()
    local function turned(distance) return distance > 5 and -speed or speed end
    on('Hit', function(hit) state.hp = (state.hp or 10) - hit end)
    while true do
        local place = self.Transform.translation
        speed = turned(place:distance(home))
        place.x = place.x + speed * time.delta
        wait()
    end";
    let mut app = app();
    app.frames(10);
    let begun = now();
    let script = app.script("starter.lua", SCRIPT);
    let behaviour = Behaviour::new(script).with("speed", 2.0);
    let entities: Vec<Entity> =
        (0..scale.count(1000)).map(|_| app.world().spawn((Transform::default(), behaviour.clone())).id()).collect();
    app.frame();
    let time = now() - begun;
    for entity in entities {
        assert_eq!(app.status(entity), Some(BehaviourStatus::Waiting(default())), "{:?}", app.errors());
    }
    milliseconds(time)
}

fn storm(scale: Scale) -> f64 {
    let (turns, cleanups) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut app = app();
    let (turn, cleanup) = (Arc::clone(&turns), Arc::clone(&cleanups));
    app.app()
        .add_lua_function("turn", move || turn.fetch_add(1, Ordering::Relaxed))
        .add_lua_function("cleanup", move || cleanup.fetch_add(1, Ordering::Relaxed));
    let count = scale.count(10_000);
    let entities = crowd(
        &mut app,
        count,
        "local guard <close> = setmetatable({}, {__close = function() cleanup() end})
        task.on_cancel(function() cleanup() end)
        while true do turn() wait() end",
    );
    app.frames(10);
    let turns_before = turns.load(Ordering::Relaxed);
    assert!(turns_before >= 10 * count, "all of them run");
    let begun = now();
    for entity in entities {
        app.world().despawn(entity);
    }
    app.frame();
    let time = now() - begun;
    app.frames(10);
    assert_eq!(turns.load(Ordering::Relaxed), turns_before, "nobody runs after its end");
    assert_eq!(cleanups.load(Ordering::Relaxed), 2 * count, "all cleanups ran");
    milliseconds(time)
}

fn runaway_ratio(scale: Scale) -> f64 {
    let (mut without, mut with) = (app(), app());
    crowd(&mut without, scale.count(10_000), ACTIVE);
    crowd(&mut with, scale.count(10_000), ACTIVE);
    let runaway = with.run(RUNAWAY);
    with.frames(3);
    let (mut times_without, mut times_with) = (Vec::new(), Vec::new());
    for _ in 0..scale.frames {
        times_without.push(frame_time(&mut without));
        times_with.push(frame_time(&mut with));
    }
    assert_eq!(with.status(runaway), Some(BehaviourStatus::Running));
    let slice = runaway_slice(scale);
    (milliseconds(median(times_with)) - slice) / milliseconds(median(times_without))
}

fn runaway_slice(scale: Scale) -> f64 {
    let (mut without, mut with) = (app(), app());
    with.run(RUNAWAY);
    milliseconds(median_frame(&mut with, scale.frames)) - milliseconds(median_frame(&mut without, scale.frames))
}

fn garbage_step(scale: Scale) -> f64 {
    let mut app = app();
    let count = scale.count(500_000);
    let entity = app.run(&format!(
        "do local texts = {{}}  for i = 1, {count} do texts[i] = 'the text with number ' .. i end end
        while true do wait() end"
    ));
    while app.status(entity) != Some(BehaviourStatus::Waiting(default())) {
        app.frame();
        assert!(app.errors().is_empty(), "{:?}", app.errors());
    }
    milliseconds((0..scale.frames).map(|_| frame_time(&mut app)).max().unwrap_or_default())
}

fn verdict(scale: Scale) -> f64 {
    let memory_limit = (64 << 20) / scale.divisor.min(8);
    let mut app = TestApp::with_settings(DeimosSettings { memory_limit, ..DeimosSettings::default() });
    crowd(&mut app, scale.count(1000), "while true do wait() end");
    app.run("local held = {}  while true do for i = 1, 1000 do held[#held + 1] = {i} end  wait() end");
    let mut longest = Duration::ZERO;
    while app.errors().is_empty() {
        longest = longest.max(frame_time(&mut app));
    }
    milliseconds(longest)
}

// -- what they share ---------------------------------------------------------------------------------

/// An app whose behaviours are never stopped for lack of instructions, but by their slices.
fn app() -> TestApp {
    let mut app = TestApp::with_settings(DeimosSettings { runaway_frames: 0, ..DeimosSettings::default() });
    app.app().register_type::<Drift>();
    app
}

/// Entities that all have had their first turns.
fn crowd(app: &mut TestApp, count: usize, source: &str) -> Vec<Entity> {
    let script = app.script("crowd.lua", source);
    let entities = (0..count)
        .map(|_| {
            let behaviour = Behaviour::new(script.clone());
            app.world().spawn((Transform::default(), Drift { speed: 1.0 }, behaviour)).id()
        })
        .collect::<Vec<Entity>>();
    while entities.iter().any(|entity| app.status(*entity) == Some(BehaviourStatus::Loading)) {
        app.frame();
    }
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    entities
}

/// The processor time that this thread has taken.
#[cfg(unix)]
fn now() -> Duration {
    nix::time::clock_gettime(nix::time::ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap().into()
}

#[cfg(not(unix))]
fn now() -> Duration {
    std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap()
}

fn frame_time(app: &mut TestApp) -> Duration {
    let begun = now();
    app.frame();
    now() - begun
}

fn median_frame(app: &mut TestApp, frames: usize) -> Duration {
    app.frames(frames / 10);
    median((0..frames).map(|_| frame_time(app)).collect())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// By how many megabytes the process grows; nothing where the system does not say.
fn growth(fill: impl FnOnce(&mut TestApp)) -> f64 {
    let mut app = app();
    app.frames(10);
    let before = resident_kilobytes();
    fill(&mut app);
    app.frames(10);
    (resident_kilobytes() - before) * 1024.0 / 1e6
}

fn resident_kilobytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or(f64::NAN)
}

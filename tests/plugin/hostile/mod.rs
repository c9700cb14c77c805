//! Random programs that mean no good, against the whole surface of the world: never a panic, a stall or a hoard.
//!
//! `program` writes them, `types` is what they find. Each runs twice in an app of its own for some frames, beside a behaviour
//! that means no harm; it is reloaded, and one of the two is despawned. `DEIMOS_HOSTILE_PROGRAMS` says how many programs,
//! `DEIMOS_HOSTILE_SEED` with which number to begin, `DEIMOS_HOSTILE_SECONDS` when to stop early. What goes wrong is told
//! with the program's number and the shortest part of it that still goes wrong. A program that kills the process, or never
//! ends, is in `hostile-<first number>.lua` in cargo's folder for the files of tests. With `--nocapture` the slowest are told.

mod program;
#[path = "../../differential/random.rs"]
mod random;
mod types;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use bevy::asset::io::memory::{Dir, MemoryAssetReader};
use bevy::asset::io::{AssetSourceBuilder, AssetSourceId};
use bevy::input::InputPlugin;
use bevy::prelude::*;
use deimos::testing::TestApp;
use deimos::{Behaviour, DeimosSettings, LuaScript, Scripts};

use program::{Author, Vocabulary, text};

/// How many frames a program gets, before which of them it is reloaded, and before which the first who runs it is despawned.
const FRAMES: usize = 8;
const RELOADED: usize = 4;
const DESPAWNED: usize = 6;
/// How many programs there are unless somebody says.
const PROGRAMS: u64 = 40;
/// What scripts may take, and how far beyond it the account may be seen.
const MEMORY: usize = 32 << 20;
const MEMORY_SEEN: usize = MEMORY + MEMORY / 2;
/// How long the processor may take for a frame: about a hundred times what the instructions of one take. A program that takes
/// longer has not paid for its work.
const SLOWEST: Duration = Duration::from_secs(5);
/// What takes longer than this is told.
const SLOW: Duration = Duration::from_secs(1);
/// After this time a program is taken to hang.
const STUCK: Duration = Duration::from_secs(300);

/// The processor's time of this thread; zero where the system does not tell, and nothing is measured then.
fn now() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let told = told.and_then(|told| told.split_whitespace().next()?.parse().ok()).map(Duration::from_nanos);
    told.unwrap_or_default()
}

/// An app with all that programs are to find.
fn app() -> TestApp {
    let files = Dir::default();
    files.insert_asset_text(Path::new("a.lua"), "wait()  return {n = 1}");
    files.insert_asset_text(Path::new("Transform.lua"), "return require 'x'");
    files.insert_asset_text(Path::new("x.lua"), "return require 'Transform'");
    let mut app = App::new();
    let reader = move || Box::new(MemoryAssetReader { root: files.clone() }) as _;
    app.register_asset_source(AssetSourceId::Default, AssetSourceBuilder::new(reader));
    types::add_to(&mut app);
    app.add_plugins((TransformPlugin, InputPlugin));
    let mut app = TestApp::from_app(app, AssetPlugin::default());
    app.world().insert_resource(DeimosSettings {
        frame_budget: 200_000,
        slice: 50_000,
        memory_limit: MEMORY,
        runaway_frames: 3,
        ..default()
    });
    app
}

/// Runs a program in an app of its own. What went wrong, if anything did.
fn run(statements: &[String]) -> Result<(), String> {
    let source = text(statements);
    let script = LuaScript::from_source("hostile.lua", &source).map_err(|error| error.to_string())?;
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let mut app = app();
        let script = app.world().resource_mut::<Assets<LuaScript>>().add(script);
        let kind = app.script("kind.lua", "while true do state.n = (state.n or 0) + 1  wait() end");
        let other = (types::everything(), Behaviour::new(kind));
        let other = app.world().spawn(other).id();
        let hostile = [(); 2].map(|()| {
            let behaviour = Behaviour::new(script.clone()).with("speed", 1.0);
            app.world().spawn((behaviour, Transform::default(), types::Guise::default(), ChildOf(other))).id()
        });
        for frame in 0..FRAMES {
            if frame == RELOADED {
                app.change_script(&script, &source);
            } else if frame == DESPAWNED {
                app.world().try_despawn(hostile[0]).ok();
            }
            let begun = now();
            app.frame();
            let took = now().saturating_sub(begun);
            if took > SLOWEST {
                return Err(format!("frame {frame} took {took:?}"));
            }
            let used = app.world().get_non_send::<Scripts>().map_or(0, Scripts::memory_used);
            if used > MEMORY_SEEN {
                return Err(format!("{used} bytes were in use"));
            }
        }
        Ok(())
    }));
    outcome.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        Err(text.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned())).unwrap_or_default())
    })
}

/// The least of a program that still goes wrong.
fn shortened(mut statements: Vec<String>) -> Vec<String> {
    let mut index = 0;
    while index < statements.len() {
        let mut shorter = statements.clone();
        shorter.remove(index);
        if run(&shorter).is_err() {
            statements = shorter;
        } else {
            index += 1;
        }
    }
    statements
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Ends the process if nothing is heard for too long: a test that hangs says nothing.
fn watch(file: &Path) -> Sender<u64> {
    let (alive, heard) = channel();
    let file = file.to_owned();
    std::thread::spawn(move || {
        let mut last = 0;
        loop {
            match heard.recv_timeout(STUCK) {
                Ok(seed) => last = seed,
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {
                    let program = std::fs::read_to_string(&file).unwrap_or_default();
                    // What a test prints is lost when the process ends.
                    let told = format!("program {last} hangs:\n{program}\n");
                    let _ = std::io::Write::write_all(&mut std::io::stderr(), told.as_bytes());
                    std::process::abort();
                }
            }
        }
    });
    alive
}

#[test]
#[expect(clippy::print_stdout, reason = "for those who look for slow programs")]
fn no_program_makes_it_panic_stall_or_hoard() {
    let count = number("DEIMOS_HOSTILE_PROGRAMS").unwrap_or(PROGRAMS);
    let first = number("DEIMOS_HOSTILE_SEED").unwrap_or(0);
    let end = number("DEIMOS_HOSTILE_SECONDS").map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("hostile-{first}.lua"));
    let alive = watch(&file);
    let words = Vocabulary::of(app().world());
    for seed in first..first.saturating_add(count) {
        if end.is_some_and(|end| Instant::now() > end) {
            break;
        }
        let statements = Author::new(seed, &words).program();
        std::fs::write(&file, text(&statements)).expect("cargo's folder for tests can be written to");
        let _ = alive.send(seed);
        let begun = now();
        let outcome = run(&statements);
        let took = now().saturating_sub(begun);
        if took > SLOW {
            println!("program {seed} took {took:?}");
        }
        if let Err(what) = outcome {
            let least = shortened(statements).join("\n");
            panic!(
                "program {seed}: {what}\nDEIMOS_HOSTILE_SEED={seed} DEIMOS_HOSTILE_PROGRAMS=1 shows it; the least of it:\n{least}"
            );
        }
    }
    let _ = std::fs::remove_file(file);
}

//! Runs generated Lua programs here and on the reference interpreter; what they print must be the same.
//!
//! `programs/N` are 500 small programs each, made from the number N: operators, library functions with fitting and
//! unfitting arguments, formats, loops, metamethods, and the messages of the errors that come of it. `numbers/N` are
//! 10 000 random doubles each, by their bits, with integers and numerals of all forms: printed, read back, divided.
//!
//! An ordinary run has a few of both. `DEIMOS_DIFFERENTIAL=full` runs 20 000 programs and a million numbers;
//! `DEIMOS_DIFFERENTIAL=N` runs N times as many as usual. A test of a later part can also be asked for by its name.
//! Each side runs as a process of its own, so a hang or a crash is a difference like any other.

mod expression;
mod program;
mod random;

use std::env;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Failed, Trial};

/// Parts of an ordinary run: of programs, and of numbers.
const USUAL: (u64, u64) = (4, 5);
/// Parts of a full run.
const FULL: (u64, u64) = (40, 100);
/// Programs in a part.
const PROGRAMS: u64 = 500;
/// Numbers in a part.
const NUMBERS: u64 = 10_000;
/// A side that takes longer hangs.
const TIME_MAX: Duration = Duration::from_secs(60);
/// Differences that a failed test shows.
const SHOWN_MAX: usize = 20;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let Some(reference) = reference_interpreter() else {
        announce("no reference interpreter (run tests/fetch-reference.sh): nothing is compared");
        let is_needed = env::var_os("DEIMOS_NEEDS_REFERENCE").is_some();
        return if is_needed { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    };
    let (programs, numbers) = match env::var("DEIMOS_DIFFERENTIAL").ok().as_deref() {
        None => USUAL,
        Some("full") => FULL,
        Some(times) => {
            let Ok(times) = times.parse::<u64>() else {
                announce("DEIMOS_DIFFERENTIAL is neither `full` nor a number");
                return ExitCode::FAILURE;
            };
            (USUAL.0.saturating_mul(times), USUAL.1.saturating_mul(times))
        }
    };
    let mut trials = Vec::new();
    for part in 0..programs {
        let reference = reference.clone();
        trials.push(Trial::test(format!("programs/{part}"), move || compare_programs(&reference, part)));
    }
    for part in 0..numbers {
        let reference = reference.clone();
        trials.push(Trial::test(format!("numbers/{part}"), move || compare_numbers(&reference, part)));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

#[expect(clippy::print_stderr, reason = "a skipped run must be seen")]
fn announce(text: &str) {
    eprintln!("differential: {text}");
}

/// `DEIMOS_REFERENCE`, or what `tests/fetch-reference.sh` built.
fn reference_interpreter() -> Option<PathBuf> {
    if let Some(path) = env::var_os("DEIMOS_REFERENCE") {
        return Some(PathBuf::from(path));
    }
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/reference/lua5.4");
    built.is_file().then_some(built)
}

fn compare_programs(reference: &Path, part: u64) -> Result<(), Failed> {
    let mut source = String::from(program::PROLOGUE);
    // Line breaks within a program would make its lines hard to find from its output, so each is one line.
    let programs: Vec<String> = (0..PROGRAMS).map(|index| program::generate(part * PROGRAMS + index)).collect();
    for (index, program) in programs.iter().enumerate() {
        source.push_str(&format!("P({index}, function () {program} end)\n"));
    }
    let explain = |line: &str| {
        let index = line.split('\t').next().and_then(|index| index.parse::<usize>().ok());
        index.and_then(|index| programs.get(index)).cloned().unwrap_or_default()
    };
    compare(reference, &format!("programs-{part}"), &source, &[], explain)
}

fn compare_numbers(reference: &Path, part: u64) -> Result<(), Failed> {
    let source = include_str!("numbers.lua");
    let arguments = [(part * NUMBERS).to_string(), NUMBERS.to_string()];
    compare(reference, &format!("numbers-{part}"), source, &arguments, |_| String::new())
}

/// Runs a source on both sides, in a folder of its own, and compares what they print line by line.
fn compare(
    reference: &Path,
    name: &str,
    source: &str,
    arguments: &[String],
    explain: impl Fn(&str) -> String,
) -> Result<(), Failed> {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("differential");
    let folder = place.join(format!("{}-{name}", std::process::id()));
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("p.lua"), source)?;
    let ours = run(Path::new(env!("CARGO_BIN_EXE_deimos")), &folder, "deimos", arguments)?;
    let theirs = run(reference, &folder, "reference", arguments)?;
    let differences = difference(&ours, &theirs, explain);
    // The source stays where there is a difference.
    if differences.is_empty() {
        let _ = fs::remove_dir_all(&folder);
        return Ok(());
    }
    Err(format!("in {}:\n{}", folder.display(), differences.join("\n")).into())
}

fn run(interpreter: &Path, folder: &Path, side: &str, arguments: &[String]) -> Result<String, Failed> {
    let printed = folder.join(side);
    let mut process = Command::new(interpreter)
        .arg("p.lua")
        .args(arguments)
        .current_dir(folder)
        .env_remove("LUA_INIT")
        .env_remove("LUA_INIT_5_4")
        .stdin(Stdio::null())
        .stdout(File::create(&printed)?)
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot start {}: {error}", interpreter.display()))?;
    let status = wait(&mut process).map_err(|failed| format!("{side} in {}: {failed:?}", folder.display()))?;
    let mut complaint = String::new();
    if let Some(mut stderr) = process.stderr.take() {
        stderr.read_to_string(&mut complaint)?;
    }
    let mut text = String::from_utf8_lossy(&fs::read(&printed)?).into_owned();
    if !complaint.is_empty() || status != "exit status: 0" {
        text.push_str(&format!("{status}: {complaint}\n"));
    }
    Ok(text)
}

/// How a process ended, which it does in time or not at all.
fn wait(process: &mut Child) -> Result<String, Failed> {
    let started = Instant::now();
    while started.elapsed() < TIME_MAX {
        if let Some(status) = process.try_wait()? {
            return Ok(status.to_string());
        }
        thread::sleep(Duration::from_millis(5));
    }
    process.kill()?;
    process.wait()?;
    Err(format!("ran longer than {TIME_MAX:?}").into())
}

/// The differing lines, with what they come from.
fn difference(ours: &str, theirs: &str, explain: impl Fn(&str) -> String) -> Vec<String> {
    let (mut left, mut right) = (ours.lines(), theirs.lines());
    let mut found = Vec::new();
    while found.len() < SHOWN_MAX {
        let (ours, theirs) = match (left.next(), right.next()) {
            (None, None) => break,
            (ours, theirs) => (ours.unwrap_or("(nothing)"), theirs.unwrap_or("(nothing)")),
        };
        if ours == theirs {
            continue;
        }
        let program = explain(theirs);
        if !is_intended(ours, theirs, &program) {
            found.push(format!("{program}\n  deimos    {ours}\n  reference {theirs}"));
        }
    }
    found
}

/// Whether two lines differ only in what Lua leaves open, or what is different by design.
fn is_intended(ours: &str, theirs: &str, program: &str) -> bool {
    // The sign of what is not a number depends on the processor; here it has none.
    let (ours, theirs) = (ours.replace("-nan", "nan"), theirs.replace("-nan", "nan"));
    let both = |text: &str| ours.contains(text) && theirs.contains(text);
    // In which order elements are compared is up to the sorting algorithm, and so is which comparison fails.
    let is_sorted = program.contains("S(") || program.contains("table.sort");
    // In which order C evaluates the checks of these arguments is up to its compiler.
    let is_checked = program.contains("math.fmod");
    // Of two faults of a `%s`, either may be told first.
    let is_faulty = ours.contains("invalid conversion specification") && theirs.contains("string contains zeros");
    ours == theirs
        || is_faulty
        || is_sorted && (both("attempt to compare") || both("invalid order function"))
        || is_checked && both("to 'fmod'")
        || equal_but_for_bytes(&ours, &theirs)
}

/// A message is text, so a byte of a name that is not text is shown as U+FFFD in it.
fn equal_but_for_bytes(ours: &str, theirs: &str) -> bool {
    const REPLACED: &str = "\\239\\191\\189";
    let mut pieces = ours.split(REPLACED);
    let Some(mut rest) = pieces.next().and_then(|piece| theirs.strip_prefix(piece)) else { return false };
    for piece in pieces {
        let shown = rest.strip_prefix('\\').map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
        let Some(after) = shown.and_then(|rest| rest.strip_prefix(piece)) else { return false };
        rest = after;
    }
    rest.is_empty()
}

//! Runs every Lua file under `tests/lua` as a test of its own.
//!
//! A script carries its expectations as comments (`tests/lua/README.md` has the rules). Each is run plainly, then with
//! a small amount of fuel and a full collection between the steps, which visits every point where the machine can be
//! suspended, then on the reference interpreter, so that no expectation enshrines a mistake of ours.
//!
//! Only `run_deimos` knows the crate under test.

use std::any::Any;
use std::cell::RefCell;
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::rc::Rc;

use deimos::{Libraries, Lua, Poll};
use libtest_mimic::{Arguments, Failed, Trial};

/// The fuel of a step when the script is to run in one piece.
const PLAIN_FUEL: u64 = 50_000_000;
/// The fuel of a step for a script that says `-- coarse` without a number.
const COARSE_FUEL: u64 = 64;
/// A script that needs more steps than this takes too long with a collection after each.
const STEPS_MAX: u64 = 2_000_000;
/// The steps of `PLAIN_FUEL` after which a script that should end does not.
const PLAIN_STEPS_MAX: u64 = 40;
/// The steps for a script that must only survive, and may run forever: of `SURVIVE_FUEL`, and of its own fuel.
const SURVIVE_STEPS_MAX: (u64, u64) = (10, 100_000);
/// The fuel of a step of such a script's plain run.
const SURVIVE_FUEL: u64 = 500_000;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lua");
    let reference = reference_interpreter();
    if reference.is_none() && !arguments.list {
        announce("no reference interpreter (run tests/fetch-reference.sh): the runs on it are skipped");
        if env::var_os("DEIMOS_NEEDS_REFERENCE").is_some() {
            return ExitCode::FAILURE;
        }
    }
    let mut files = Vec::new();
    collect_scripts(&root, &mut files);
    files.sort();
    if cfg!(not(feature = "os")) {
        files.retain(|path| {
            !["library/io", "library/os", "library/package"].iter().any(|folder| path.starts_with(root.join(folder)))
        });
        if !arguments.list {
            announce("without the feature `os`, the scripts about `io`, `os` and `package` are left out");
        }
    }
    let trials = files
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(&root).unwrap_or(&path).with_extension("");
            let name = name.to_string_lossy().replace('\\', "/");
            let reference = reference.clone();
            Trial::test(name, move || check(&path, reference.as_deref()))
        })
        .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

#[expect(clippy::print_stderr, reason = "a skipped run must be seen")]
fn announce(text: &str) {
    eprintln!("scripts: {text}");
}

/// `DEIMOS_REFERENCE`, or what `tests/fetch-reference.sh` built.
fn reference_interpreter() -> Option<PathBuf> {
    if let Some(path) = env::var_os("DEIMOS_REFERENCE") {
        return Some(PathBuf::from(path));
    }
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/reference/lua5.4");
    built.is_file().then_some(built)
}

fn collect_scripts(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect_scripts(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "lua") {
            files.push(path);
        }
    }
}

/// How a script is expected to end.
#[derive(Debug, Clone, PartialEq)]
enum Ending {
    /// It runs to its last line.
    Success,
    /// An uncaught error, raised on the line of the comment if it has a position at all.
    Error { line: usize, text: String },
    /// It does not compile; the line is the comment's.
    Syntax { line: usize, text: String },
}

/// What a script's comments say.
#[derive(Debug, Clone, PartialEq)]
struct Expected {
    printed: Vec<String>,
    ending: Ending,
    /// The reference interpreter behaves differently, for the reason that the script gives.
    differs: bool,
    /// The fuel of a step in the run with collections: more than 1 where that would take too long.
    fuel: u64,
}

impl Expected {
    fn read(source: &str) -> Result<Self, Failed> {
        let mut printed = Vec::new();
        let mut ending = Ending::Success;
        for (index, line) in source.lines().enumerate() {
            if let Some((_, text)) = line.split_once("-->") {
                printed.push(text.strip_prefix(' ').unwrap_or(text).to_owned());
            } else if let Some((_, text)) = line.split_once("--!") {
                if ending != Ending::Success {
                    return Err(format!("line {}: a second expected error", index + 1).into());
                }
                let text = text.trim_start();
                let line = index + 1;
                ending = match text.strip_prefix("syntax ") {
                    Some(text) => Ending::Syntax { line, text: text.to_owned() },
                    None => Ending::Error { line, text: text.to_owned() },
                };
            }
        }
        let marker = |name: &str| source.lines().take(5).find_map(|line| line.strip_prefix(name));
        let fuel = match marker("-- coarse").map(str::trim) {
            None => 1,
            Some("") => COARSE_FUEL,
            Some(number) => number.parse().map_err(|_| format!("`-- coarse {number}` is no number"))?,
        };
        Ok(Self { printed, ending, differs: marker("-- differs: ").is_some(), fuel })
    }
}

/// What a run did: the printed lines, and the message of the error that ended it.
#[derive(Debug, Default)]
struct Outcome {
    printed: Vec<String>,
    error: Option<String>,
    compiled: bool,
    ended: bool,
}

fn check(path: &Path, reference: Option<&Path>) -> Result<(), Failed> {
    let source = fs::read(path)?;
    let only_survive = path.components().any(|part| part.as_os_str() == "nopanic");
    let text = String::from_utf8_lossy(&source);
    let expected = Expected::read(&text)?;
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();

    let fuel = expected.fuel;
    if only_survive {
        // What only has to survive may be anything: it gets no hand on files.
        run_deimos(&file, &source, Libraries::SANDBOX, (SURVIVE_FUEL, SURVIVE_STEPS_MAX.0))?;
        run_deimos(&file, &source, Libraries::SANDBOX, (fuel, SURVIVE_STEPS_MAX.1))?;
        return Ok(());
    }
    compare(
        "plain run",
        &file,
        &expected,
        &run_deimos(&file, &source, Libraries::ALL, (PLAIN_FUEL, PLAIN_STEPS_MAX))?,
    )?;
    let run = format!("run with fuel {fuel} and a collection after each step");
    compare(&run, &file, &expected, &run_deimos(&file, &source, Libraries::ALL, (fuel, STEPS_MAX))?)?;
    match reference {
        Some(reference) if !expected.differs => {
            compare("reference run", &file, &expected, &run_reference(reference, path, &file)?)
        }
        _ => Ok(()),
    }
}

fn compare(run: &str, file: &str, expected: &Expected, outcome: &Outcome) -> Result<(), Failed> {
    let fail = |text: String| Err(Failed::from(format!("{run}: {text}")));
    if !outcome.ended {
        return fail("did not end within the steps it has; is it to carry `-- coarse`?".to_owned());
    }
    let error = outcome.error.as_deref();
    for (index, wanted) in expected.printed.iter().enumerate() {
        match outcome.printed.get(index) {
            Some(printed) if printed == wanted => {}
            Some(printed) => return fail(format!("printed line {}: {printed:?}, expected {wanted:?}", index + 1)),
            None => return fail(format!("printed line {}: none, expected {wanted:?}; error: {error:?}", index + 1)),
        }
    }
    if let Some(extra) = outcome.printed.get(expected.printed.len()) {
        return fail(format!("printed {extra:?}, which no comment expects"));
    }
    match (&expected.ending, error) {
        (Ending::Success, None) => Ok(()),
        (Ending::Success, Some(error)) => fail(format!("ended with error {error:?}")),
        (ending, None) => fail(format!("ended without error, expected {ending:?}")),
        (Ending::Error { line, text }, Some(error)) => {
            if outcome.compiled && (error == text || error == format!("{file}:{line}: {text}")) {
                return Ok(());
            }
            fail(format!("error {error:?}, expected {text:?} (on line {line}, if it has a position)"))
        }
        (Ending::Syntax { line, text }, Some(error)) => {
            if !outcome.compiled && error == format!("{file}:{line}: {text}") {
                return Ok(());
            }
            fail(format!("error {error:?}, expected syntax error {text:?} on line {line}"))
        }
    }
}

/// What a script writes to its standard output.
#[derive(Clone, Default)]
struct Printed(Rc<RefCell<Vec<u8>>>);

impl io::Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs a script in this process, in at most so many steps of so much fuel, with a full collection between them.
fn run_deimos(
    file: &str,
    source: &[u8],
    libraries: Libraries,
    (fuel, steps_max): (u64, u64),
) -> Result<Outcome, Failed> {
    let printed = Printed::default();
    let mut outcome = Outcome { ended: true, ..Outcome::default() };
    let mut lua = Lua::with_libraries(libraries);
    lua.set_finalizers(true);
    lua.set_output(printed.clone());
    match lua.load(&format!("@{file}"), source) {
        Err(error) => outcome.error = Some(error.message().to_string()),
        Ok(chunk) => {
            outcome.compiled = true;
            let task = lua.spawn_main(&chunk, ()).map_err(|error| error.message().to_string())?;
            let host: &mut dyn Any = &mut ();
            let mut steps = 0;
            loop {
                match lua.resume(&task, host, fuel) {
                    Ok(Poll::OutOfFuel) => lua.collect_full(),
                    Ok(_) => break,
                    Err(error) => {
                        outcome.error = Some(error.message().to_string());
                        break;
                    }
                }
                steps += 1;
                if steps == steps_max {
                    outcome.ended = false;
                    break;
                }
            }
        }
    }
    outcome.printed = split_lines(&String::from_utf8_lossy(&printed.0.borrow()));
    Ok(outcome)
}

/// A printed text may hold line breaks of its own; expectations are compared line by line.
fn split_lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

/// Runs a script on the reference interpreter, in the script's folder, so that positions show the file's name alone.
fn run_reference(reference: &Path, path: &Path, file: &str) -> Result<Outcome, Failed> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let output = Command::new(reference)
        .arg(file)
        .current_dir(folder)
        .env_remove("LUA_INIT")
        .env_remove("LUA_INIT_5_4")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cannot start {}: {error}", reference.display()))?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    let error = (!output.status.success()).then(|| {
        let message = complaint.split_once(": ").map_or(&*complaint, |(_, message)| message);
        let message = message.split_once("\nstack traceback:").map_or(message, |(message, _)| message);
        message.trim_end_matches('\n').to_owned()
    });
    // The interpreter's own frame ends the traceback of a chunk that ran, and of one that did not compile; a chunk that
    // ran is in the traceback too.
    let compiled = error.is_none() || complaint.contains("in main chunk") || complaint.contains("in function <");
    Ok(Outcome { printed: split_lines(&String::from_utf8_lossy(&output.stdout)), error, compiled, ended: true })
}

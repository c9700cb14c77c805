//! The suite on disk, and a run of one of its files in a process of its own.
//!
//! Each run has a folder of its own with a copy of the whole suite, since the files read each other and write beside
//! themselves. What the process prints goes to files there, so that no pipe fills up while it is waited for.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::Failed;

use crate::child;
use crate::counting;
use crate::table::{self, Entry};

/// A file that runs longer hangs. A debug build on a busy machine is slow.
const TIME_MAX: Duration = Duration::from_secs(300);
/// The same for a file that is known to fail, perhaps by hanging.
const PENDING_TIME_MAX: Duration = Duration::from_secs(30);
/// How much of what a failed run printed is shown.
const SHOWN_MAX: usize = 3000;

/// The folder with the suite.
pub(crate) struct Suite {
    folder: PathBuf,
}

/// What runs a file.
pub(crate) enum Program {
    /// This program, called again.
    Deimos,
    /// The reference interpreter that counts.
    Reference(PathBuf),
}

/// How a run went.
pub(crate) struct Outcome {
    /// What went wrong, if anything did.
    pub(crate) failure: Option<String>,
    /// The calls of `assert`, if the process came far enough to say.
    pub(crate) assertions: Option<u64>,
}

impl Suite {
    /// What `tests/fetch-reference.sh` fetched.
    pub(crate) fn find() -> Option<Suite> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/reference/testes");
        folder.join("all.lua").is_file().then_some(Suite { folder })
    }

    /// The names of the Lua files, in order.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let mut files: Vec<String> = names.filter(|name| name.ends_with(".lua")).collect();
        files.sort();
        files
    }

    /// Runs a file without the lines of the skips named by their place in the table.
    pub(crate) fn run(&self, entry: &Entry, skips: &[usize], program: Program) -> Result<Outcome, Failed> {
        static RUNS: AtomicUsize = AtomicUsize::new(0);
        let source = fs::read(self.folder.join(&entry.file))?;
        let source = table::without_lines(entry, skips, &source)?;
        let run = RUNS.fetch_add(1, Ordering::Relaxed);
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("official");
        let folder = place.join(format!("{}-{run}", std::process::id()));
        let inside = folder.join("testes");
        copy_folder(&self.folder, &inside)?;
        fs::write(inside.join(&entry.file), source)?;

        let counts = folder.join("assertions");
        let mut command = match program {
            Program::Deimos => child::command(&entry.file, entry.run.as_deref(), &counts)?,
            Program::Reference(interpreter) => {
                // It writes nothing where nothing is asserted.
                fs::write(&counts, "0")?;
                counting::command(&interpreter, &entry.file, entry.run.as_deref(), &counts)
            }
        };
        let (stdout, stderr) = (folder.join("stdout"), folder.join("stderr"));
        command
            .current_dir(&inside)
            .env_remove("LUA_INIT")
            .env_remove("LUA_INIT_5_4")
            .env_remove("LUA_PATH")
            .env_remove("LUA_PATH_5_4")
            .stdin(Stdio::null())
            .stdout(File::create(&stdout)?)
            .stderr(File::create(&stderr)?);
        let time_max = if entry.pending.is_some() { PENDING_TIME_MAX } else { TIME_MAX };
        let failure = match wait(&mut command, time_max)? {
            Some(status) if status.success() => None,
            Some(status) => Some(format!("{status}\n{}\n{}", tail(&stdout), tail(&stderr))),
            None => Some(format!("ran longer than {time_max:?}\n{}\n{}", tail(&stdout), tail(&stderr))),
        };
        let assertions = fs::read_to_string(&counts).ok().and_then(|text| text.trim().parse().ok());
        // What stays behind is in the way of nothing.
        let _ = fs::remove_dir_all(&folder);
        Ok(Outcome { failure, assertions })
    }
}

/// Waits for a process, but not forever.
fn wait(command: &mut Command, time_max: Duration) -> io::Result<Option<ExitStatus>> {
    let mut process = command.spawn()?;
    let started = Instant::now();
    let mut pause = Duration::from_millis(2);
    while started.elapsed() < time_max {
        if let Some(status) = process.try_wait()? {
            return Ok(Some(status));
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
    process.kill()?;
    process.wait()?;
    Ok(None)
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// The end of a text file.
fn tail(path: &Path) -> String {
    let bytes = fs::read(path).unwrap_or_default();
    let start = bytes.len().saturating_sub(SHOWN_MAX);
    String::from_utf8_lossy(bytes.get(start..).unwrap_or_default()).into_owned()
}

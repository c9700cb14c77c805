//! Real programs, unmodified: libraries that Debian ships, used by a small script each, here and on the reference
//! interpreter; what they print, and how they end, must be the same.
//!
//! A script names the module it needs in its first line. One whose module is not installed is left out, and the output
//! says so; with `DEIMOS_NEEDS_PROGRAMS` set that is a failure. `luacheck` is given our own Lua files to check.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output, Stdio};

use libtest_mimic::{Arguments, Failed, Trial};

/// Where Debian keeps Lua modules. Some are packed for older versions of the language only, and run in this one.
const FOLDERS: [&str; 3] = ["/usr/share/lua/5.4", "/usr/share/lua/5.3", "/usr/share/lua/5.1"];

/// What gives Lua code, or paths, from outside.
const VARIABLES: [&str; 6] = ["LUA_INIT", "LUA_INIT_5_4", "LUA_PATH", "LUA_PATH_5_4", "LUA_CPATH", "LUA_CPATH_5_4"];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let Some(reference) = reference_interpreter() else {
        announce("no reference interpreter (run tests/fetch-reference.sh): nothing is compared");
        let is_needed = env::var_os("DEIMOS_NEEDS_REFERENCE").is_some();
        return if is_needed { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    };
    let mut scripts = lua_files(&root.join("tests/programs"));
    scripts.sort();
    let mut trials = Vec::new();
    let mut is_missing = false;
    for script in scripts {
        let name = script.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let source = fs::read_to_string(&script).unwrap_or_default();
        let module = source.lines().next().and_then(|line| line.strip_prefix("-- module: ")).unwrap_or_default();
        if is_installed(module) {
            let reference = reference.clone();
            trials.push(Trial::test(name, move || compare(&script, &reference)));
        } else {
            is_missing = true;
            announce(&format!("the module '{module}' is not installed: '{name}' is left out"));
        }
    }
    if is_missing && env::var_os("DEIMOS_NEEDS_PROGRAMS").is_some() {
        return ExitCode::FAILURE;
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

#[expect(clippy::print_stderr, reason = "a skipped run must be seen")]
fn announce(text: &str) {
    eprintln!("programs: {text}");
}

/// `DEIMOS_REFERENCE`, or what `tests/fetch-reference.sh` built.
fn reference_interpreter() -> Option<PathBuf> {
    if let Some(path) = env::var_os("DEIMOS_REFERENCE") {
        return Some(PathBuf::from(path));
    }
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/reference/lua5.4");
    built.is_file().then_some(built)
}

fn is_installed(module: &str) -> bool {
    FOLDERS.iter().any(|folder| {
        let place = Path::new(folder).join(module);
        !module.is_empty() && (place.with_extension("lua").is_file() || place.join("init.lua").is_file())
    })
}

/// All Lua files in a folder and below it.
fn lua_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(lua_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "lua") {
            files.push(path);
        }
    }
    files
}

fn compare(script: &Path, reference: &Path) -> Result<(), Failed> {
    let folder = script.parent().unwrap_or(Path::new("."));
    let name = script.file_name().unwrap_or_default();
    let mut words = vec![name.to_owned()];
    if name == "luacheck.lua" {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut checked: Vec<PathBuf> =
            ["assets", "tests/lua", "tests/programs"].iter().flat_map(|folder| lua_files(&root.join(folder))).collect();
        checked.sort();
        words.extend(checked.into_iter().map(PathBuf::into_os_string));
    }
    let paths = FOLDERS.map(|folder| format!("{folder}/?.lua;{folder}/?/init.lua")).join(";");
    let run = |interpreter: &Path| -> Result<Output, Failed> {
        let mut command = Command::new(interpreter);
        VARIABLES.iter().for_each(|name| {
            command.env_remove(name);
        });
        // The scripts have the names of modules: only what is installed is to be found.
        command.env("LUA_PATH", &paths).current_dir(folder).args(&words).stdin(Stdio::null());
        command.output().map_err(|error| format!("cannot start {}: {error}", interpreter.display()).into())
    };
    let (ours, theirs) = (run(Path::new(env!("CARGO_BIN_EXE_deimos")))?, run(reference)?);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if !theirs.status.success() || theirs.stdout.is_empty() {
        return Err(format!("the reference interpreter fails:\n{}", text(&theirs.stderr)).into());
    }
    if !ours.status.success() {
        return Err(format!("it fails:\n{}", text(&ours.stderr)).into());
    }
    let (ours, theirs) = (text(&ours.stdout), text(&theirs.stdout));
    let line = ours.lines().zip(theirs.lines()).position(|(ours, theirs)| ours != theirs);
    match line {
        Some(at) => {
            let shown = |text: &str| text.lines().nth(at).unwrap_or_default().to_owned();
            Err(format!("line {}:\n  ours:   {}\n  theirs: {}", at + 1, shown(&ours), shown(&theirs)).into())
        }
        None if ours != theirs => Err("one prints more than the other".into()),
        None => Ok(()),
    }
}

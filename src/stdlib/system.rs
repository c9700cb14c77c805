//! What `io` and `os` share of the system: names of files, the system's words for errors, commands for the shell.
//!
//! A failure of the system is no error of the script: functions return nil, the reason, and its number, with the
//! reason in the words that C has for it.

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus};

use crate::api::{Action, Call, Raised, Value};

/// The bytes of a Lua string as the system's own kind of text.
#[cfg(unix)]
pub(super) fn os_text(bytes: &[u8]) -> std::borrow::Cow<'_, OsStr> {
    std::borrow::Cow::Borrowed(std::os::unix::ffi::OsStrExt::from_bytes(bytes))
}

/// The bytes of a Lua string as the system's own kind of text.
#[cfg(not(unix))]
pub(super) fn os_text(bytes: &[u8]) -> std::borrow::Cow<'_, OsStr> {
    match String::from_utf8_lossy(bytes) {
        std::borrow::Cow::Borrowed(text) => std::borrow::Cow::Borrowed(OsStr::new(text)),
        std::borrow::Cow::Owned(text) => std::borrow::Cow::Owned(text.into()),
    }
}

/// Makes something of a file's name.
pub(super) fn with_path<R>(name: &[u8], work: impl FnOnce(&Path) -> R) -> R {
    work(Path::new(&*os_text(name)))
}

/// The system's words for an error.
pub(super) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let Some(code) = error.raw_os_error() else { return text };
    text.strip_suffix(&format!(" (os error {code})")).map_or(text.clone(), str::to_owned)
}

/// Returns nil, the reason with the file's name in front, and its number.
pub(super) fn fail<'gc>(
    call: &mut Call<'_, 'gc>,
    name: Option<&[u8]>,
    error: &io::Error,
) -> Result<Action<'gc>, Raised<'gc>> {
    let mut message = Vec::new();
    if let Some(name) = name {
        message.extend_from_slice(name);
        message.extend_from_slice(b": ");
    }
    message.extend_from_slice(reason(error).as_bytes());
    let code = i64::from(error.raw_os_error().unwrap_or(0));
    call.ret(&[Value::Nil, call.ctx.text(message), Value::Integer(code)])
}

/// Returns true, or fails.
pub(super) fn succeed<'gc>(
    call: &mut Call<'_, 'gc>,
    name: Option<&[u8]>,
    outcome: io::Result<()>,
) -> Result<Action<'gc>, Raised<'gc>> {
    match outcome {
        Ok(()) => call.ret1(true),
        Err(error) => fail(call, name, &error),
    }
}

/// A command for the shell, ready to start.
pub(super) fn shell(command: &[u8]) -> Command {
    let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut process = Command::new(shell);
    process.arg(flag).arg(os_text(command));
    process
}

/// Returns whether a process ended well, how it ended, and with which number.
pub(super) fn ended<'gc>(call: &mut Call<'_, 'gc>, status: ExitStatus) -> Result<Action<'gc>, Raised<'gc>> {
    let (what, code) = match status.code() {
        Some(code) => ("exit", code),
        None => ("signal", signal(status)),
    };
    let well = if status.success() { Value::Boolean(true) } else { Value::Nil };
    call.ret(&[well, call.ctx.text(what), Value::Integer(i64::from(code))])
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> i32 {
    std::os::unix::process::ExitStatusExt::signal(&status).unwrap_or(-1)
}

#[cfg(not(unix))]
fn signal(_status: ExitStatus) -> i32 {
    -1
}

/// A file that did not exist before, and its name: `prefix` and some random letters, in the folder for such files.
pub(super) fn new_file(prefix: &str) -> io::Result<(std::fs::File, std::path::PathBuf)> {
    use std::hash::{BuildHasher, RandomState};
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    const TRIES: usize = 100;

    let folder = std::env::temp_dir();
    let mut outcome = Err(io::ErrorKind::AlreadyExists.into());
    for attempt in 0..TRIES {
        // Each state hashes differently: chance enough for a name that nobody guesses in advance.
        let mut random = RandomState::new().hash_one(attempt);
        let mut name = prefix.to_owned();
        for _ in 0..6 {
            name.push(LETTERS.get((random % 62) as usize).map_or('0', |letter| char::from(*letter)));
            random /= 62;
        }
        let path = folder.join(name);
        outcome =
            std::fs::OpenOptions::new().read(true).write(true).create_new(true).open(&path).map(|file| (file, path));
        match &outcome {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            _ => break,
        }
    }
    outcome
}

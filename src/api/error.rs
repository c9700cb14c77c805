//! The one public error.
//!
//! Everything that goes wrong in Lua leaves the crate as this type: a kind to branch on, a message to show, a
//! traceback where there is one. It holds no Lua value, so that it may outlive the machine.

use std::fmt;
use std::sync::Arc;

use crate::compiler::CompileError;
use crate::vm::{Context, Fault, Raised, Value};

/// What went wrong in Lua: a chunk that did not compile, or a script that failed.
///
/// It is opaque, cheap to clone, and may cross threads.
#[derive(Clone)]
pub struct Error(Arc<Body>);

struct Body {
    kind: ErrorKind,
    message: String,
    traceback: Option<String>,
    line: Option<u32>,
}

/// The kinds of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A chunk is not Lua.
    Syntax,
    /// A script raised an error.
    Runtime,
    /// The memory limit was reached.
    Memory,
    /// A task was cancelled.
    Cancelled,
    /// A script called `os.exit`: it wants the program to end. It is up to the host to do that, once what it has
    /// buffered is written ([`Lua::flush_files`](crate::Lua::flush_files)).
    Exit {
        /// The status for whoever started the program.
        code: i32,
        /// Whether the script asked for the machine to be closed first, as dropping it does.
        close: bool,
    },
}

impl Error {
    /// The kind.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The message, with a `file:line:` in front where that is known.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The call stack where the error was raised, innermost function first, in the form of Lua's
    /// `debug.traceback`.
    pub fn traceback(&self) -> Option<&str> {
        self.0.traceback.as_deref()
    }

    /// The line of a syntax error, counted from 1.
    pub fn line(&self) -> Option<u32> {
        self.0.line
    }

    pub(super) fn syntax(source: &str, error: &CompileError) -> Error {
        Error(Arc::new(Body {
            kind: ErrorKind::Syntax,
            message: format!("{source}:{}: {}", error.line, error.message),
            traceback: None,
            line: Some(error.line),
        }))
    }

    pub(super) fn runtime(message: impl Into<String>) -> Error {
        Error(Arc::new(Body { kind: ErrorKind::Runtime, message: message.into(), traceback: None, line: None }))
    }

    /// The error as it leaves the arena. An error value that is no string is shown as the interpreter shows it.
    pub fn from_raised<'gc>(ctx: Context<'gc>, raised: &Raised<'gc>) -> Error {
        let kind = match raised.as_fault() {
            None => ErrorKind::Runtime,
            Some(Fault::OutOfMemory) => ErrorKind::Memory,
            Some(Fault::Cancelled) => ErrorKind::Cancelled,
            Some(Fault::Exit { code, close }) => ErrorKind::Exit { code, close },
        };
        let message = match raised.to_value(ctx) {
            Value::String(text) => text.to_text().into_owned(),
            number @ (Value::Integer(_) | Value::Float(_)) => ctx.plain_string(number).to_text().into_owned(),
            other => format!("(error object is a {} value)", ctx.type_name(other)),
        };
        Error(Arc::new(Body { kind, message, traceback: raised.traceback().map(str::to_owned), line: None }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.0.kind, self.0.message)?;
        self.0.traceback.iter().try_for_each(|traceback| write!(f, "\n{traceback}"))
    }
}

impl std::error::Error for Error {}

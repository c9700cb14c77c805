//! Tree to bytecode.
//!
//! [`compile`] is a pure function from bytes to a [`Proto`]: it needs no machine, runs on any thread and
//! never panics. The resolver (`scope`) first finds out which variables need cells; then one walk over
//! the tree makes the code, each expression straight into the register that wants it. Registers are
//! handed out as a stack: locals at the bottom, temporaries above. What the code promises is written at
//! the head of `bytecode`. The room knows the tree and the instructions, but no value and no collector.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::bytecode::Proto;
use crate::syntax::{Dialect, SyntaxError};

mod assign;
mod block;
mod call;
mod condition;
mod expr;
mod fold;
mod function;
#[cfg(test)]
mod listings;
mod names;
mod operator;
mod scope;
mod stat;
#[cfg(test)]
mod tests;
mod variable;
#[cfg(test)]
mod verify;

use function::Generator;
use scope::Facts;

/// How a chunk is to be compiled.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Options {
    /// The version of the language it is written in.
    pub dialect: Dialect,
    /// Whether closures share each variable that they capture even if nothing assigns to it: slower, but the
    /// `debug` library can then set captured variables and tell which are one.
    pub shares_variables: bool,
}

/// Why a chunk could not be compiled, in the words of PUC-Rio's compiler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompileError {
    /// The line, counted from 1.
    pub line: u32,
    /// The text without a `file:line:` prefix.
    pub message: String,
    /// The name behind which the source was read when the fault was found, where that is to be shown.
    behind: Option<Arc<str>>,
}

/// A chunk's name.
#[derive(Debug, Clone, Copy)]
pub struct ChunkName<'a> {
    /// As it was given, with the mark that says what it names.
    pub given: &'a str,
    /// As messages show it.
    pub shown: &'a str,
}

/// Compiles a chunk.
///
/// The chunk becomes a function with extra arguments and one upvalue, `_ENV`, captured by value; its
/// [`Capture`](crate::bytecode::Capture) means nothing, the machine supplies the value.
///
/// # Errors
///
/// Returns the first fault found: one of syntax, or else one of scopes, labels or limits.
pub fn compile(source: &[u8], name: ChunkName<'_>, options: Options) -> Result<Arc<Proto>, CompileError> {
    let chunk = crate::syntax::parse(source, options.dialect)?;
    let facts = Facts::of(&chunk, options.shares_variables)?;
    Generator::new(name, facts, &chunk, source.len()).chunk().map_err(|error| error.located(source))
}

impl CompileError {
    fn new(line: u32, message: impl Into<String>) -> CompileError {
        CompileError { line, message: message.into(), behind: None }
    }

    /// An error found when a name was resolved.
    fn behind(line: u32, message: String, name: &str) -> CompileError {
        CompileError { line, message, behind: Some(name.into()) }
    }

    /// The same error with the token that was read when it was found.
    fn located(mut self, source: &[u8]) -> CompileError {
        if let Some(name) = self.behind.take()
            && let Some((line, near)) = crate::syntax::near_behind(source, self.line, &name)
        {
            self.line = line;
            self.message.push_str(&near);
        }
        self
    }
}

impl From<SyntaxError> for CompileError {
    fn from(error: SyntaxError) -> CompileError {
        CompileError { line: error.line, message: error.message, behind: None }
    }
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl Error for CompileError {}

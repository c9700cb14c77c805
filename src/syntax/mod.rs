//! Text to tree: the lexer, the parser, and Lua's numerals.
//!
//! [`parse`] is a pure function from bytes to an [`ast::Chunk`]. It never panics, and its use of the Rust
//! stack is bounded whatever the input: nesting is limited as in PUC-Rio's parser, and the depth of the
//! finished tree is limited too, so that walking or dropping it cannot overflow the stack either.
//! The room knows nothing of bytecode, values, or the rest of the crate.

pub mod ast;
mod lexer;
pub mod number;
mod parser;
#[cfg(test)]
mod tests;
mod token;

use std::error::Error;
use std::fmt;

/// A version of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Dialect {
    /// Lua 5.4.
    #[default]
    Lua54,
}

/// What is wrong with a source text, in the words of PUC-Rio's parser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// The line, counted from 1.
    pub line: u32,
    /// The text without a `file:line:` prefix, but with its `near 'token'` part.
    pub message: String,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl Error for SyntaxError {}

/// Parses a whole chunk.
///
/// The source is bytes and need not be UTF-8.
///
/// # Errors
///
/// Returns the first fault in the text. Checks that need scopes (labels, assignments to constants,
/// `break` outside a loop) belong to the compiler.
pub fn parse(source: &[u8], dialect: Dialect) -> Result<ast::Chunk, SyntaxError> {
    match dialect {
        Dialect::Lua54 => parser::parse(source),
    }
}

/// What stands behind the first use of a name on a line: its own line, and the end of an error text that shows it.
///
/// The tree does not keep where its parts stand, which only the rarest of messages want to know.
pub(crate) fn near_behind(source: &[u8], line: u32, name: &str) -> Option<(u32, String)> {
    let mut lexer = lexer::Lexer::new(source);
    loop {
        let lexeme = lexer.next().ok()?;
        match &lexeme.token {
            token::Token::Name(found) if lexeme.line == line && **lexer.text(*found) == *name => break,
            token::Token::Eof => return None,
            _ => {}
        }
    }
    let next = lexer.next().ok()?;
    Some((next.line, lexer.near(&next)))
}

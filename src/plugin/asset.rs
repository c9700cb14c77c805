//! Lua scripts as assets.
//!
//! The loader compiles: it runs on a worker thread, and what it hands over is finished, so a game never waits for
//! the compiler and a script with a syntax error never becomes an asset. (On a reload the old asset stays in place,
//! and with it the old code.) Nothing here knows the machine: a compiled chunk is plain data.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bevy::asset::io::Reader;
use bevy::asset::{Asset, AssetLoader, LoadContext};
use bevy::reflect::TypePath;

use crate::api::Chunk;

/// A compiled Lua script.
#[derive(Asset, TypePath, Clone)]
pub struct LuaScript {
    name: Arc<str>,
    chunk: Chunk,
    revision: u64,
}

impl LuaScript {
    /// Compiles a script; `name` is what errors and logs call it, for a file its path below the assets folder.
    ///
    /// # Errors
    /// If the source is not UTF-8 or has a syntax error.
    pub fn from_source(name: &str, source: impl AsRef<[u8]>) -> Result<LuaScript, LuaScriptError> {
        let bytes = source.as_ref();
        let text = std::str::from_utf8(bytes).map_err(|error| LuaScriptError::NotUtf8 {
            script: name.to_owned(),
            offset: error.valid_up_to(),
            line: bytes.iter().take(error.valid_up_to()).filter(|&&byte| byte == b'\n').count() + 1,
        })?;
        let chunk = Chunk::compile_file(&format!("@{name}"), bytes).map_err(|error| LuaScriptError::Syntax {
            message: error.message().to_owned(),
            line: error.line(),
            excerpt: excerpt(text, error.line(), error.message()),
        })?;
        Ok(LuaScript { name: name.into(), chunk, revision: next_revision() })
    }

    /// What errors and logs call the script.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The compiled code.
    pub fn chunk(&self) -> &Chunk {
        &self.chunk
    }

    /// A number that no other compilation has: it tells whether the script has changed.
    pub(super) fn revision(&self) -> u64 {
        self.revision
    }
}

impl std::fmt::Debug for LuaScript {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LuaScript").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Why a script could not be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LuaScriptError {
    /// The file could not be read.
    #[error("cannot read '{script}': {reason}")]
    Unreadable {
        /// The script's path.
        script: String,
        /// What the asset source said.
        #[source]
        reason: std::io::Error,
    },
    /// The file is no text.
    #[error("'{script}' is not UTF-8: the byte at offset {offset} (line {line}) does not belong to any character")]
    NotUtf8 {
        /// The script's path.
        script: String,
        /// Where the first wrong byte is, counted from 0.
        offset: usize,
        /// The line it is in, counted from 1.
        line: usize,
    },
    /// The text is no Lua.
    #[error("{message}{excerpt}")]
    Syntax {
        /// The compiler's message, which begins with `file:line:`.
        message: String,
        /// The line, if the error has one.
        line: Option<u32>,
        /// The lines around it.
        excerpt: String,
    },
}

/// Loads `.lua` files: reads, checks and compiles them.
#[derive(TypePath, Debug, Default, Clone, Copy)]
pub struct LuaScriptLoader;

impl AssetLoader for LuaScriptLoader {
    type Asset = LuaScript;
    type Settings = ();
    type Error = LuaScriptError;

    async fn load(
        &self,
        reader: &mut dyn Reader,
        _settings: &(),
        context: &mut LoadContext<'_>,
    ) -> Result<LuaScript, LuaScriptError> {
        // The name is the same on every system, because it is in error messages and in saved games.
        let name = context.path().to_string().replace('\\', "/");
        let mut source = Vec::new();
        if let Err(reason) = reader.read_to_end(&mut source).await {
            return Err(LuaScriptError::Unreadable { script: name, reason });
        }
        LuaScript::from_source(&name, source)
    }

    fn extensions(&self) -> &[&str] {
        &["lua"]
    }
}

/// A number that was never given before.
pub(super) fn next_revision() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}

/// The line of an error between its neighbours, with a mark under the token that the message names.
fn excerpt(source: &str, line: Option<u32>, message: &str) -> String {
    let Some(line) = line.and_then(|line| usize::try_from(line).ok()).filter(|&line| line > 0) else {
        return String::new();
    };
    let first = line.saturating_sub(1);
    let mut out = String::new();
    for (number, text) in source.lines().enumerate().map(|(index, text)| (index + 1, text)) {
        if number < first {
            continue;
        }
        if number > line + 1 {
            break;
        }
        let text = shortened(text);
        let mark = if number == line { '>' } else { ' ' };
        out.push_str(&format!("\n {mark}{number:>4} | {text}"));
        if let Some((column, width)) = (number == line).then(|| token_in(text, message)).flatten() {
            out.push_str(&format!("\n       | {}{}", " ".repeat(column), "^".repeat(width)));
        }
    }
    out
}

/// The longest part of a line that is worth showing.
fn shortened(line: &str) -> &str {
    const COLUMNS_MAX: usize = 160;
    line.char_indices().nth(COLUMNS_MAX).map_or(line, |(end, _)| line.get(..end).unwrap_or(line))
}

/// The column and width, in characters, of the token that a message ends with (`near 'token'`), if it is in the line
/// once only.
fn token_in(line: &str, message: &str) -> Option<(usize, usize)> {
    let (_, token) = message.rsplit_once("near '")?;
    let token = token.strip_suffix('\'')?;
    let at = line.find(token).filter(|at| line.rfind(token) == Some(*at) && !token.is_empty())?;
    Some((line.get(..at)?.chars().count(), token.chars().count()))
}

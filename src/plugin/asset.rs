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
    /// The text, from which errors quote.
    source: Arc<str>,
    /// Whether behaviours go on when it changes.
    keeps: bool,
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
            excerpt: error.line().map(|line| excerpt(text, line, error.message(), false)).unwrap_or_default(),
        })?;
        Ok(LuaScript { name: name.into(), chunk, source: text.into(), keeps: keeps(text), revision: next_revision() })
    }

    /// What errors and logs call the script.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The compiled code.
    pub fn chunk(&self) -> &Chunk {
        &self.chunk
    }

    /// Whether `--!keep` is a line of the comments at the top: the script's behaviours then go on with new functions when it
    /// changes, instead of starting anew.
    pub fn keeps(&self) -> bool {
        self.keeps
    }

    /// A line of the script between its neighbours, with a mark under what a message about it names, or under all of it.
    pub(super) fn excerpt(&self, line: u32, message: &str) -> Option<String> {
        Some(excerpt(&self.source, line, message, true)).filter(|text| !text.is_empty())
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

/// Whether a line `--!keep` is among the comments at the top of a script.
fn keeps(source: &str) -> bool {
    let text = source.strip_prefix('\u{feff}').unwrap_or(source);
    let is_comment = |line: &&str| line.is_empty() || line.starts_with("--") || line.starts_with("#!");
    text.lines().map(str::trim).take_while(is_comment).any(|line| line == "--!keep")
}

/// A number that was never given before.
pub(super) fn next_revision() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}

/// The line of an error between its neighbours, with a mark under what the message names. If that cannot be found, the
/// mark is under the whole line or left out.
fn excerpt(source: &str, line: u32, message: &str, marks_line: bool) -> String {
    let Some(line) = usize::try_from(line).ok().filter(|&line| line > 0) else { return String::new() };
    let first = line.saturating_sub(1);
    let mut out = String::new();
    for (number, text) in (1..).zip(source.lines()).skip(first.saturating_sub(1)) {
        if number > line + 1 {
            break;
        }
        let text = shortened(text);
        let mark = if number == line { '>' } else { ' ' };
        out.push_str(&format!("\n {mark}{number:>4} | {text}"));
        if number == line
            && let Some((at, width)) = named_in(text, message).or_else(|| marks_line.then(|| extent(text)).flatten())
        {
            // Tabs stay, so that the mark stands where the text does.
            let before: String = text.chars().take(at).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
            out.push_str(&format!("\n       | {before}{}", "^".repeat(width)));
        }
    }
    out
}

/// The longest part of a line that is worth showing.
fn shortened(line: &str) -> &str {
    const COLUMNS_MAX: usize = 160;
    line.char_indices().nth(COLUMNS_MAX).map_or(line, |(end, _)| line.get(..end).unwrap_or(line))
}

/// The column and width, in characters, of what a message names, if it is in the line once only: the token that a syntax
/// error ends with (`near 'token'`), or else the last quoted word.
fn named_in(line: &str, message: &str) -> Option<(usize, usize)> {
    let token = message.rsplit_once("near '").and_then(|(_, token)| token.strip_suffix('\''));
    let quoted = || message.rsplit('\'').skip(1).step_by(2).find_map(|word| found_once(line, word));
    match token {
        Some(token) => found_once(line, token),
        None => quoted(),
    }
}

/// The column and width, in characters, of a text that is in a line once only. A word counts where it is no part of another.
fn found_once(line: &str, text: &str) -> Option<(usize, usize)> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let is_whole = |at: &usize| {
        let (before, after) = (line.get(..*at), line.get(at + text.len()..));
        let goes_on = before.is_some_and(|before| before.ends_with(is_word) && text.starts_with(is_word))
            || after.is_some_and(|after| after.starts_with(is_word) && text.ends_with(is_word));
        !goes_on
    };
    if text.is_empty() {
        return None;
    }
    let mut places = line.match_indices(text).map(|(at, _)| at).filter(is_whole);
    let at = places.next().filter(|_| places.next().is_none())?;
    Some((line.get(..at)?.chars().count(), text.chars().count()))
}

/// The column and width, in characters, of what is in a line.
fn extent(line: &str) -> Option<(usize, usize)> {
    let text = line.trim_start();
    let width = text.trim_end().chars().count();
    (width > 0).then(|| (line.chars().count() - text.chars().count(), width))
}

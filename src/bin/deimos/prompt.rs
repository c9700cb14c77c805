//! The prompt: reads an input, runs it, and prints its values.
//!
//! An input is an expression if it can be one, and statements otherwise; unfinished statements go on in the next line
//! (§7). On a terminal there are line editing and a history; anything else is read as plain lines.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use deimos::{Chunk, Error, Handle, Variadic};
use rustyline::error::ReadlineError;
use rustyline::{Config, DefaultEditor};

use crate::output::complain;
use crate::session::{Session, forget_interrupt, listen_for_interrupts};
use crate::stop::{FAILED, Stop};

/// What a message about unfinished input ends with.
const UNFINISHED: &str = "<eof>";

/// Where lines come from.
enum Reader {
    Terminal { editor: Box<DefaultEditor>, history: Option<PathBuf> },
    Plain,
}

/// A line, or what came in its place.
enum Line {
    Text(String),
    /// Ctrl-C: what was written so far is dropped.
    Dropped,
    End,
}

/// What came from the prompt.
enum Input {
    Chunk(Chunk),
    /// It is not Lua.
    Wrong(Error),
    Dropped,
    Leave,
}

impl Session {
    /// Talks until the input ends. The exit status.
    pub(crate) fn converse(&mut self) -> i32 {
        listen_for_interrupts();
        let mut reader = match Reader::open() {
            Ok(reader) => reader,
            Err(error) => {
                complain(None, &format!("the prompt does not work on this terminal: {error}"));
                return FAILED;
            }
        };
        loop {
            let ended = match self.read_input(&mut reader) {
                Ok(Input::Chunk(chunk)) => self.answer(&chunk),
                Ok(Input::Wrong(error)) => Err(Stop::Error(error)),
                Ok(Input::Dropped) => Ok(()),
                Ok(Input::Leave) => {
                    let _ = writeln!(self.output);
                    return self.output.flush_all().map_or_else(|stop| stop.report(None), |()| 0);
                }
                Err(stop) => return stop.report(None),
            };
            let flushed = self.output.flush_all();
            if let Err(stop) = ended.and(flushed) {
                let status = stop.report(None);
                if stop.is_final() {
                    return status;
                }
            }
        }
    }

    fn read_input(&mut self, reader: &mut Reader) -> Result<Input, Stop> {
        let mut text = match self.read_line(reader, true)? {
            Line::Text(line) => line,
            Line::Dropped => return Ok(Input::Dropped),
            Line::End => return Ok(Input::Leave),
        };
        if reader.is_terminal() && text.trim() == "exit" {
            return Ok(Input::Leave);
        }
        // As in older versions of Lua, `=` says that the line is an expression.
        if let Some(expression) = text.strip_prefix('=') {
            text = format!("return {expression}");
        }
        if let Ok(chunk) = Chunk::compile("=stdin", format!("return {text};").as_bytes()) {
            reader.remember(&text);
            return Ok(Input::Chunk(chunk));
        }
        loop {
            let compiled = Chunk::compile("=stdin", text.as_bytes());
            if matches!(&compiled, Err(error) if error.message().ends_with(UNFINISHED)) {
                match self.read_line(reader, false)? {
                    Line::Text(line) => {
                        text.push('\n');
                        text.push_str(&line);
                        continue;
                    }
                    Line::Dropped => return Ok(Input::Dropped),
                    Line::End => {}
                }
            }
            reader.remember(&text);
            return Ok(compiled.map_or_else(Input::Wrong, Input::Chunk));
        }
    }

    fn read_line(&mut self, reader: &mut Reader, is_first: bool) -> Result<Line, Stop> {
        let (name, default) = if is_first { ("_PROMPT", "> ") } else { ("_PROMPT2", ">> ") };
        let prompt = self.text_of_global(name)?.unwrap_or_else(|| default.to_owned());
        if !reader.is_terminal() {
            let _ = self.output.write_all(prompt.as_bytes());
        }
        self.output.flush_all()?;
        let line = reader.read_line(&prompt);
        forget_interrupt();
        line.map_err(|error| Stop::Refused(format!("cannot read the input: {error}")))
    }

    /// Runs an input and prints its values, by the global `print` as it is at that moment.
    fn answer(&mut self, chunk: &Chunk) -> Result<(), Stop> {
        let values = self.run_chunk(chunk, Variadic(Vec::new()))?;
        if values.is_empty() {
            return Ok(());
        }
        let values: Variadic<Handle> = values.convert(&mut self.lua)?;
        let print = Chunk::compile("=stdin", b"print(...)")?;
        match self.run_chunk(&print, values) {
            Err(Stop::Error(error)) if !Stop::Error(error.clone()).is_final() => {
                Err(Stop::Refused(format!("error calling 'print' ({})", error.message())))
            }
            outcome => outcome.map(|_| ()),
        }
    }
}

impl Reader {
    fn open() -> rustyline::Result<Reader> {
        if !io::stdin().is_terminal() {
            return Ok(Reader::Plain);
        }
        let config = Config::builder().auto_add_history(false).history_ignore_space(true).build();
        let mut editor = Box::new(DefaultEditor::with_config(config)?);
        let history = history_path();
        // A history that cannot be kept is no reason not to talk.
        if let Some(path) = &history {
            if let Some(folder) = path.parent() {
                let _ = std::fs::create_dir_all(folder);
            }
            let _ = editor.load_history(path);
        }
        Ok(Reader::Terminal { editor, history })
    }

    fn is_terminal(&self) -> bool {
        matches!(self, Reader::Terminal { .. })
    }

    fn read_line(&mut self, prompt: &str) -> rustyline::Result<Line> {
        match self {
            Reader::Terminal { editor, .. } => match editor.readline(prompt) {
                Ok(line) => Ok(Line::Text(line)),
                Err(ReadlineError::Interrupted) => Ok(Line::Dropped),
                Err(ReadlineError::Eof) => Ok(Line::End),
                Err(error) => Err(error),
            },
            Reader::Plain => {
                let mut line = Vec::new();
                if io::stdin().lock().read_until(b'\n', &mut line)? == 0 {
                    return Ok(Line::End);
                }
                let line = line.strip_suffix(b"\n").unwrap_or(&line);
                Ok(Line::Text(String::from_utf8_lossy(line).into_owned()))
            }
        }
    }

    fn remember(&mut self, text: &str) {
        if let Reader::Terminal { editor, history } = self
            && editor.add_history_entry(text).is_ok_and(|added| added)
            && let Some(path) = history
        {
            let _ = editor.append_history(path as &Path);
        }
    }
}

/// Where the history of the prompt is kept.
fn history_path() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = set("XDG_STATE_HOME").or_else(|| Some(set("HOME")?.join(".local").join("state")))?;
    Some(state.join("deimos").join("history"))
}

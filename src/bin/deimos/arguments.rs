//! The words of the command line, as `lua` reads them (§7), and the long options that it has not.
//!
//! Options end with the first word that is none: the script. Reading them has no effect; the words of the options
//! and what they mean together are the [`Run`] that the rest of the program carries out.

use std::ffi::{OsStr, OsString};

/// What to run, and how.
#[derive(Debug, Default)]
pub(crate) struct Run {
    /// What to do before the script, in this order.
    pub(crate) steps: Vec<Step>,
    /// The place of the script's name among the words.
    pub(crate) script_at: Option<usize>,
    /// Talk at a prompt in the end.
    pub(crate) is_interactive: bool,
    pub(crate) shows_version: bool,
    pub(crate) shows_help: bool,
    pub(crate) ignores_environment: bool,
    pub(crate) is_listing: bool,
    pub(crate) is_sandboxed: bool,
    pub(crate) fuel: Option<u64>,
    pub(crate) memory: Option<usize>,
}

/// What an option has done before the script runs.
#[derive(Debug)]
pub(crate) enum Step {
    /// Run this code.
    Code(OsString),
    /// Load this module into a global variable.
    Module(OsString),
    /// Show warnings.
    Warnings,
}

impl Run {
    /// Reads the words, the first of which is the program's own name.
    ///
    /// # Errors
    /// If they make no sense.
    pub(crate) fn parse(words: &[OsString]) -> Result<Run, String> {
        let mut run = Run::default();
        let mut at = 1;
        while let Some(word) = words.get(at) {
            let bytes = word.as_encoded_bytes();
            match bytes {
                b"--" => {
                    at += 1;
                    break;
                }
                b"-" => break,
                [b'-', b'-', ..] => run.read_long(words, &mut at)?,
                [b'-', letter, ..] => run.read_short(*letter, words, &mut at)?,
                _ => break,
            }
            at += 1;
        }
        run.script_at = (at < words.len()).then_some(at);
        Ok(run)
    }

    /// Whether nothing was asked for: time for the prompt, or for what comes from standard input.
    pub(crate) fn is_idle(&self) -> bool {
        let has_code = self.steps.iter().any(|step| matches!(step, Step::Code(_)));
        self.script_at.is_none() && !self.shows_version && !has_code
    }

    fn read_short(&mut self, letter: u8, words: &[OsString], at: &mut usize) -> Result<(), String> {
        let word = words.get(*at).map(OsString::as_os_str).unwrap_or_default();
        let is_alone = word.len() == 2;
        match letter {
            b'E' if is_alone => self.ignores_environment = true,
            b'W' if is_alone => self.steps.push(Step::Warnings),
            b'v' if is_alone => self.shows_version = true,
            b'i' if is_alone => {
                self.is_interactive = true;
                self.shows_version = true;
            }
            b'e' | b'l' => {
                let value = if is_alone {
                    *at += 1;
                    words.get(*at).filter(|value| !value.as_encoded_bytes().starts_with(b"-")).cloned()
                } else {
                    Some(without_start(word))
                };
                let value = value.ok_or_else(|| format!("'{}' needs argument", word.to_string_lossy()))?;
                self.steps.push(if letter == b'e' { Step::Code(value) } else { Step::Module(value) });
            }
            _ => return Err(unknown(word)),
        }
        Ok(())
    }

    fn read_long(&mut self, words: &[OsString], at: &mut usize) -> Result<(), String> {
        let word = words.get(*at).map(OsString::as_os_str).unwrap_or_default();
        let text = word.to_string_lossy();
        let (name, joined) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (&*text, None),
        };
        let mut value = || {
            joined.clone().or_else(|| {
                *at += 1;
                words.get(*at).map(|value| value.to_string_lossy().into_owned())
            })
        };
        match name {
            "--fuel" => self.fuel = Some(number(name, value(), false)?),
            "--memory" => {
                let bytes = number(name, value(), true)?;
                self.memory = Some(usize::try_from(bytes).unwrap_or(usize::MAX));
            }
            "--list" if joined.is_none() => self.is_listing = true,
            "--sandbox" if joined.is_none() => self.is_sandboxed = true,
            "--help" if joined.is_none() => self.shows_help = true,
            "--version" if joined.is_none() => self.shows_version = true,
            _ => return Err(unknown(word)),
        }
        Ok(())
    }
}

/// What is joined to the two bytes of a short option.
fn without_start(word: &OsStr) -> OsString {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        OsStr::from_bytes(word.as_bytes().get(2..).unwrap_or_default()).to_os_string()
    }
    #[cfg(not(unix))]
    word.to_string_lossy().get(2..).unwrap_or_default().into()
}

fn unknown(word: &OsStr) -> String {
    format!("unrecognized option '{}'", word.to_string_lossy())
}

/// The number that an option was given: decimal, with `_` between digits if that helps, and perhaps a unit.
fn number(option: &str, given: Option<String>, allows_unit: bool) -> Result<u64, String> {
    let text = given.ok_or_else(|| format!("'{option}' needs argument"))?;
    let shift = match text.chars().next_back() {
        Some('K' | 'k') if allows_unit => 10,
        Some('M' | 'm') if allows_unit => 20,
        Some('G' | 'g') if allows_unit => 30,
        _ => 0,
    };
    let digits = if shift == 0 { &*text } else { text.get(..text.len() - 1).unwrap_or_default() };
    let parsed: Option<u64> = digits.replace('_', "").parse().ok();
    parsed.and_then(|count| count.checked_mul(1 << shift)).ok_or_else(|| {
        let example = if allows_unit { "64000000 or 64M" } else { "1000000" };
        format!("'{text}' is no number for {option}; write it as in {option} {example}")
    })
}

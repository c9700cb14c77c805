//! `table.ron`, the checked-in account of the suite: for each file the assertions that it executes, the lines that are
//! left out with the reason, and how it is started where its name alone is not enough.
//!
//! The table is data that people review, so everything in it that departs from "runs completely" carries a reason.

use std::collections::BTreeSet;

use libtest_mimic::Failed;
use serde::Deserialize;

/// A file of the suite.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    pub(crate) file: String,
    #[serde(default)]
    pub(crate) assertions: Count,
    /// Lua code that is run in the file's place, for a file that wants a driver.
    #[serde(default)]
    pub(crate) run: Option<String>,
    #[serde(default)]
    pub(crate) skips: Vec<Skip>,
    /// Why the file does not pass yet. It must fail.
    #[serde(default)]
    pub(crate) pending: Option<String>,
    /// Why the file is not run at all.
    #[serde(default)]
    pub(crate) out_of_scope: Option<String>,
}

/// How many calls of `assert` a run must make.
#[derive(Debug, Default, Deserialize)]
pub(crate) enum Count {
    /// None are said, for a file that is out of scope.
    #[default]
    Unsaid,
    Exactly(u64),
    /// At least so many, with the reason why the number is not the same in each run.
    AtLeast(u64, String),
}

/// Lines that are replaced by empty ones.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Skip {
    /// The first and the last line, counted from 1.
    pub(crate) lines: (usize, usize),
    pub(crate) reason: String,
    /// To see that the lines still fail would take too much time or memory.
    #[serde(default)]
    pub(crate) is_costly: bool,
}

/// The table, as it was when this program was built.
pub(crate) fn read() -> Result<Vec<Entry>, String> {
    let options = ron::Options::default().with_default_extension(ron::extensions::Extensions::IMPLICIT_SOME);
    options.from_str(include_str!("table.ron")).map_err(|error| format!("table.ron: {error}"))
}

/// The source with the lines of these skips emptied.
///
/// # Errors
/// If a skip names lines that the file does not have, or only empty ones.
pub(crate) fn without_lines(entry: &Entry, applied: &[usize], source: &[u8]) -> Result<Vec<u8>, Failed> {
    let mut lines: Vec<&[u8]> = source.split(|byte| *byte == b'\n').collect();
    for (index, skip) in entry.skips.iter().enumerate() {
        let (first, last) = skip.lines;
        let found = first.checked_sub(1).and_then(|first| lines.get_mut(first..last));
        let Some(found) = found.filter(|found| found.iter().any(|line| !line.trim_ascii().is_empty())) else {
            return Err(format!("there is nothing to skip in lines {first} to {last}").into());
        };
        if applied.contains(&index) {
            found.fill(b"");
        }
    }
    Ok(lines.join(&b'\n'))
}

/// The table names each file of the suite once, and every exception has a reason.
pub(crate) fn check_complete(files: &[String], names: &[String]) -> Result<(), Failed> {
    let present: BTreeSet<&String> = files.iter().collect();
    let named: BTreeSet<&String> = names.iter().collect();
    if named.len() != names.len() {
        return Err("a file is in the table twice".into());
    }
    if present != named {
        let differing: Vec<_> = present.symmetric_difference(&named).collect();
        return Err(format!("only in the suite or only in the table: {differing:?}").into());
    }
    for entry in read()? {
        let mut reasons: Vec<&String> = entry.skips.iter().map(|skip| &skip.reason).collect();
        reasons.extend(&entry.pending);
        reasons.extend(&entry.out_of_scope);
        match &entry.assertions {
            Count::AtLeast(_, reason) => reasons.push(reason),
            Count::Unsaid if entry.out_of_scope.is_none() => {
                return Err(format!("{}: how many assertions?", entry.file).into());
            }
            _ => {}
        }
        if reasons.iter().any(|reason| reason.trim().is_empty()) {
            return Err(format!("{}: a reason is empty", entry.file).into());
        }
    }
    Ok(())
}

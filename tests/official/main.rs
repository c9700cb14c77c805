//! Runs each file of PUC-Rio's official test suite of Lua 5.4.8 as a test of its own.
//!
//! `tests/fetch-reference.sh` fetches the suite; nothing of it is kept in this repository. A file runs in a process of
//! its own, this program called again, in a fresh copy of the suite's folder, with the globals `_port` and `_soft` true.
//! The calls of `assert` are counted by a native that stands in its place, and their number must be the one in
//! `table.ron`: a file that ends early has not passed. The table also says which lines are left out and why, and each
//! reason is put to the test, since a file that passes with these lines must not leave them out.
//!
//! With `DEIMOS_OFFICIAL=update` no number is checked. Each file runs here and on a reference interpreter that counts
//! too, built for it, and both numbers are shown. With `DEIMOS_NEEDS_REFERENCE` set, a missing suite is a failure.

mod child;
mod counting;
mod suite;
mod table;

use std::env;
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};

use suite::{Outcome, Program, Suite};
use table::{Count, Entry};

fn main() -> ExitCode {
    if let Some(order) = child::Order::of_this_process() {
        return child::run(&order);
    }
    let arguments = Arguments::from_args();
    let Some(suite) = Suite::find() else {
        let text = "no official test suite (run tests/fetch-reference.sh): nothing is run";
        if env::var_os("DEIMOS_NEEDS_REFERENCE").is_some() {
            let trial = Trial::test("suite", move || Err(Failed::from(text)));
            return libtest_mimic::run(&arguments, vec![trial]).exit_code();
        }
        if !arguments.list {
            announce(text);
        }
        return libtest_mimic::run(&arguments, Vec::new()).exit_code();
    };
    let suite = Arc::new(suite);
    let entries = match table::read() {
        Ok(entries) => entries,
        Err(error) => {
            announce(&error);
            return ExitCode::FAILURE;
        }
    };
    let is_update = env::var("DEIMOS_OFFICIAL").is_ok_and(|value| value == "update");
    let files = suite.files();
    let names: Vec<String> = entries.iter().map(|entry| entry.file.clone()).collect();
    let mut trials = vec![Trial::test("table", move || table::check_complete(&files, &names))];
    for entry in entries {
        let is_ignored = entry.out_of_scope.is_some();
        let suite = Arc::clone(&suite);
        let trial =
            Trial::test(
                entry.file.clone(),
                move || {
                    if is_update { compare(&suite, &entry) } else { check(&suite, &entry) }
                },
            );
        trials.push(trial.with_ignored_flag(is_ignored));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

#[expect(clippy::print_stderr, reason = "a skipped run and the counts must be seen")]
fn announce(text: &str) {
    eprintln!("official: {text}");
}

/// Runs a file and holds it to what the table says.
fn check(suite: &Suite, entry: &Entry) -> Result<(), Failed> {
    let all: Vec<usize> = (0..entry.skips.len()).collect();
    let outcome = suite.run(entry, &all, Program::Deimos)?;
    if let Some(reason) = &entry.pending {
        return match outcome.failure {
            None => Err(format!("passes, so it is not pending any more: remove its `pending` ({reason})").into()),
            Some(_) => Ok(()),
        };
    }
    let executed = passed(outcome)?;
    match entry.assertions {
        Count::Exactly(wanted) if executed != wanted => {
            return Err(format!("executed {executed} assertions, the table says {wanted}").into());
        }
        Count::AtLeast(wanted, _) if executed < wanted => {
            return Err(format!("executed {executed} assertions, the table says at least {wanted}").into());
        }
        _ => {}
    }
    for (index, skip) in entry.skips.iter().enumerate() {
        if skip.is_costly {
            continue;
        }
        let others: Vec<usize> = all.iter().copied().filter(|other| *other != index).collect();
        if suite.run(entry, &others, Program::Deimos)?.failure.is_none() {
            let (first, last) = skip.lines;
            return Err(format!("passes without the skip of lines {first} to {last}: remove it").into());
        }
    }
    Ok(())
}

fn passed(outcome: Outcome) -> Result<u64, Failed> {
    match (outcome.failure, outcome.assertions) {
        (Some(failure), _) => Err(failure.into()),
        (None, None) => Err("ended before it could say how many assertions it executed".into()),
        (None, Some(count)) => Ok(count),
    }
}

/// Runs a file here and on the reference, and shows how many assertions each executed.
fn compare(suite: &Suite, entry: &Entry) -> Result<(), Failed> {
    let all: Vec<usize> = (0..entry.skips.len()).collect();
    let ours = suite.run(entry, &all, Program::Deimos)?;
    let theirs = suite.run(entry, &all, Program::Reference(counting::interpreter()?))?;
    let show = |outcome: &Outcome| match (&outcome.failure, outcome.assertions) {
        (None, Some(count)) => count.to_string(),
        (Some(_), Some(count)) => format!("failed after {count}"),
        (_, None) => "failed".to_owned(),
    };
    announce(&format!("{}: deimos {}, reference {}", entry.file, show(&ours), show(&theirs)));
    for (name, outcome) in [("deimos", &ours), ("reference", &theirs)] {
        if let Some(failure) = &outcome.failure {
            announce(&format!("{} on {name}: {failure}", entry.file));
        }
    }
    Ok(())
}

//! The process that runs one file of the suite: this program again, told by its environment what to do.
//!
//! It is a plain host with every library. The one thing that differs from the command line is `assert`, which counts.

use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicU64, Ordering};

use deimos::{Action, Call, Error, Libraries, Lua, Native, Poll, Raised, Table};

/// Fuel between two looks of the host; a file runs without a limit.
const SLICE: u64 = 1 << 20;

/// The calls of `assert` so far.
static EXECUTED: AtomicU64 = AtomicU64::new(0);

const FILE: &str = "DEIMOS_OFFICIAL_FILE";
const RUN: &str = "DEIMOS_OFFICIAL_RUN";
const COUNTS: &str = "DEIMOS_OFFICIAL_COUNTS";

/// What this process is to do if it is such a child.
pub(crate) struct Order {
    file: String,
    run: Option<String>,
    counts: PathBuf,
}

impl Order {
    pub(crate) fn of_this_process() -> Option<Order> {
        let (file, counts) = (env::var(FILE).ok()?, env::var_os(COUNTS)?);
        Some(Order { file, run: env::var(RUN).ok(), counts: counts.into() })
    }
}

/// The command that starts such a child.
pub(crate) fn command(file: &str, run: Option<&str>, counts: &Path) -> io::Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command.env(FILE, file).env(COUNTS, counts);
    if let Some(run) = run {
        command.env(RUN, run);
    }
    Ok(command)
}

#[expect(clippy::print_stderr, reason = "the parent shows it")]
pub(crate) fn run(order: &Order) -> ExitCode {
    let outcome = run_file(order);
    let written = fs::write(&order.counts, EXECUTED.load(Ordering::Relaxed).to_string());
    if let Err(error) = outcome {
        eprintln!("{}\n{}", error.message(), error.traceback().unwrap_or_default());
        return ExitCode::FAILURE;
    }
    if written.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn run_file(order: &Order) -> Result<(), Error> {
    let mut lua = Lua::with_libraries(Libraries::ALL);
    lua.set_print(|line| {
        let mut output = io::stdout().lock();
        // A file may close its standard output.
        let _ = output.write_all(line).and_then(|()| output.write_all(b"\n"));
    });
    lua.enter(|ctx| {
        let set = || {
            let globals = ctx.globals();
            globals.set_field(ctx, "_port", true)?;
            globals.set_field(ctx, "_soft", true)?;
            globals.set_field(ctx, "assert", Native::new(ctx, "assert", assert))?;
            let arg = Table::new(ctx);
            arg.set_integer(ctx, -1, ctx.text(env!("CARGO_BIN_EXE_deimos")))?;
            arg.set_integer(ctx, 0, ctx.text(&order.file))?;
            globals.set_field(ctx, "arg", arg)
        };
        set().map_err(|error| Error::from_raised(ctx, &Raised::from(error)))
    })?;
    let chunk = match &order.run {
        Some(code) => lua.load("=(command line)", code)?,
        None => lua.load(&format!("@{}", order.file), fs::read(&order.file).unwrap_or_default())?,
    };
    let task = lua.spawn_main(&chunk, ())?;
    while !matches!(lua.resume(&task, &mut (), SLICE)?, Poll::Finished(_)) {}
    // Finalizers that run at the end have assertions too.
    while !lua.close(&mut (), SLICE) {}
    Ok(())
}

/// `assert` as it is in the library, but each call is counted.
fn assert<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    EXECUTED.fetch_add(1, Ordering::Relaxed);
    if call.arg(0).is_truthy() {
        return call.ret_args(0);
    }
    call.check_any(0)?;
    let message = call.get(1).unwrap_or_else(|| call.ctx.text("assertion failed!"));
    Err(Raised::at_level(message, 1))
}

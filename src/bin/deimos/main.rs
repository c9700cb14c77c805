//! The command line, as `lua` has it (§7): runs code and scripts, loads modules, or talks at a prompt; and it shows
//! bytecode, sets limits, and runs scripts in a sandbox.
//!
//! A program's own output goes to standard output, all that the interpreter has to say to standard error. The files
//! of this folder use what any Rust program can use: the crate's public face.

mod arguments;
mod guard;
mod output;
mod prompt;
mod session;
mod stop;

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};

use arguments::{Run, Step};
use output::{Output, complain};
use session::{Session, code_of, script_at, standard_input};
use stop::{FAILED, Stop};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const HELP: &str = "\
Runs Lua 5.4 scripts.

Usage:
  deimos [OPTIONS] FILE [ARGS...]   run a script; it finds ARGS in `...` and in the table `arg`
  deimos [OPTIONS] - [ARGS...]      run what comes from standard input
  deimos [OPTIONS]                  talk at a prompt; without a terminal, the same as `deimos -`

Options, as `lua` has them:
  -e CODE          run this code; may be given several times
  -l MODULE        load a module into a global variable of its name; -l NAME=MODULE names the variable
  -i               talk at a prompt after all that
  -v               show the version
  -E               ignore LUA_INIT, LUA_PATH and LUA_CPATH, and those of them that end in _5_4
  -W               show warnings
  --               end of the options: what follows is FILE, even if it begins with a dash

More options:
  --list           show the bytecode of FILE or CODE instead of running it
  --sandbox        run as the Bevy plugin would: libraries that reach nothing outside, globals that cannot
                   be changed, no environment variables, and a memory limit of 512M unless --memory sets another
  --fuel N         end a program that runs more than about N instructions; each CODE, the FILE, and each
                   input at the prompt has N of its own
  --memory N       end a program that uses more than N bytes; K, M and G behind the number multiply it
  --help           show this text
  --version        show the version

Exit status: 0 if all went well, what the program gives `os.exit`, 1 after an error, 130 after Ctrl-C.
At the prompt, expressions show their values, unfinished input goes on in the next line, Ctrl-C stops what is
running, and `exit` or Ctrl-D leaves.
";

fn main() {
    let words: Vec<OsString> = std::env::args_os().collect();
    let name = words.first().filter(|name| !name.is_empty());
    let program = name.map_or("deimos".into(), |name| name.to_string_lossy());
    let status = match Run::parse(&words) {
        Ok(run) => carry_out(&run, &words, &program),
        Err(message) => {
            complain(Some(&program), &format!("{message}\n'{program} --help' shows how to use it"));
            FAILED
        }
    };
    std::process::exit(status);
}

fn carry_out(run: &Run, words: &[OsString], program: &str) -> i32 {
    let mut output = Output::open();
    if run.shows_help || run.is_listing {
        let shown = if run.is_listing { list(run, words) } else { Ok(HELP.to_owned()) };
        let written = shown.and_then(|text| {
            let _ = output.write_all(text.as_bytes());
            output.flush_all()
        });
        return written.map_or_else(|stop| stop.report(Some(program)), |()| 0);
    }
    let talks = run.is_interactive || run.is_idle() && io::stdin().is_terminal();
    if run.shows_version || talks {
        let _ = writeln!(output, "deimos {} (Lua 5.4)", env!("CARGO_PKG_VERSION"));
    }
    let mut session = match Session::open(run, words, output.clone()) {
        Ok(session) => session,
        Err(error) => return Stop::Error(error).report(Some(program)),
    };
    let mut ended = session.run(run, words);
    if ended.is_ok() && !talks && run.is_idle() {
        ended = standard_input().and_then(|chunk| session.run_plain(&chunk));
    }
    // What the program said stands before what is said about it.
    let flushed = output.flush_all();
    let status = match ended.and(flushed) {
        Err(stop) => stop.report(Some(program)),
        Ok(()) if talks => session.converse(),
        Ok(()) => 0,
    };
    session.close();
    session.lua.flush_files();
    // The process ends: to free each object of a large heap one by one would be time lost.
    std::mem::forget(session);
    status
}

/// The bytecode of all code that would run.
fn list(run: &Run, words: &[OsString]) -> Result<String, Stop> {
    let mut chunks = Vec::new();
    for step in &run.steps {
        if let Step::Code(code) = step {
            chunks.push(code_of(code)?);
        }
    }
    if let Some(at) = run.script_at {
        chunks.push(script_at(words, at)?);
    } else if chunks.is_empty() {
        chunks.push(standard_input()?);
    }
    Ok(chunks.iter().map(|chunk| chunk.listing().trim_end().to_owned() + "\n").collect())
}

//! The command line: runs a script, a piece of code or standard input, shows bytecode, or talks at a prompt.
//!
//! Everything runs in slices of fuel. Between two slices the output is flushed and Ctrl-C is looked at, so that
//! nothing a script does makes the terminal deaf. A program's own output goes to standard output, all that the
//! interpreter has to say to standard error. This file uses what any Rust program can use: the crate's public face.

use std::cell::RefCell;
use std::ffi::{OsStr, OsString};
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Read, StdoutLock, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::rc::Rc;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use deimos::{
    Chunk, Context, Error, Handle, Libraries, Lua, Poll, Raised, Table, Task, Thread, Value, Values, Variadic,
};
use rustyline::error::ReadlineError;
use rustyline::{Config, DefaultEditor};

/// Fuel between two looks at Ctrl-C: about a millisecond.
const SLICE: u64 = 1 << 18;

/// Fuel for closing what an interrupted program has open.
const FAREWELL: u64 = 1 << 20;

/// The memory limit of `--sandbox` where there is no `--memory`: the plugin's own.
const SANDBOX_MEMORY: usize = 512 << 20;

/// Exit status of a failed program.
const FAILED: i32 = 1;
/// Exit status of a command line that makes no sense.
const MISUSED: i32 = 2;
/// Exit status after Ctrl-C: 128 and the number of the signal, as shells count.
const INTERRUPTED: i32 = 130;
/// Exit status after nobody reads the output any more: again 128 and the number of the signal.
const UNHEARD: i32 = 141;

/// Set by Ctrl-C until the running program has been stopped.
static INTERRUPT: AtomicBool = AtomicBool::new(false);

const HELP: &str = "\
Runs Lua 5.4 scripts.

Usage:
  deimos [OPTIONS] FILE [ARGS...]   run a script; it finds ARGS in `...` and in the table `arg`
  deimos [OPTIONS] - [ARGS...]      run what comes from standard input
  deimos [OPTIONS] -e CODE          run CODE, then FILE if there is one
  deimos [OPTIONS]                  talk at a prompt; without a terminal, the same as `deimos -`

Options:
  -e CODE          run this code; may be given several times
      --list       show the bytecode of FILE or CODE instead of running it
      --sandbox    run as the Bevy plugin would: libraries that reach nothing outside, globals that cannot
                   be changed, and a memory limit of 512M unless --memory sets another
      --fuel N     end a program that runs more than about N instructions; each CODE, the FILE, and each
                   input at the prompt has N of its own
      --memory N   end a program that uses more than N bytes; K, M and G behind the number multiply it
  -h, --help       show this text
  -v, --version    show the version
      --           end of the options: what follows is FILE, even if it begins with a dash

Exit status: 0 if all went well, 1 after an error, 2 if the command line makes no sense, 130 after Ctrl-C.
At the prompt, expressions show their values, unfinished input goes on in the next line, Ctrl-C stops what is
running, and `exit` or Ctrl-D leaves.
";

fn main() {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let status = match Command::parse(&arguments) {
        Ok(Command::Show(text)) => show(text.as_bytes()),
        Ok(Command::List(programs)) => list(&programs),
        Ok(Command::Run(run)) => execute(&run, &arguments),
        Err(message) => {
            complain(&message);
            MISUSED
        }
    };
    process::exit(status);
}

// -- the command line ------------------------------------------------------------------------------------

/// What the command line asks for.
enum Command {
    /// Show a text.
    Show(String),
    /// Show bytecode.
    List(Vec<Program>),
    /// Run something.
    Run(Run),
}

/// What to run, and how.
#[derive(Default)]
struct Run {
    /// What to run, in this order; nothing means the prompt.
    programs: Vec<Program>,
    is_sandboxed: bool,
    fuel: Option<u64>,
    memory: Option<usize>,
    /// How many words of the command line stand before the script's name; `None` without a script.
    script_at: Option<usize>,
}

/// Where the source of a program is.
enum Program {
    /// On the command line.
    Code(OsString),
    File(PathBuf),
    StandardInput,
}

impl Command {
    fn parse(arguments: &[OsString]) -> Result<Command, String> {
        use lexopt::Arg::{Long, Short, Value};

        let mut parser = lexopt::Parser::from_iter(arguments.iter().cloned());
        let mut run = Run::default();
        let mut is_listing = false;
        while let Some(argument) = parser.next().map_err(misuse)? {
            match argument {
                Short('h') | Long("help") => return Ok(Command::Show(HELP.to_owned())),
                Short('v') | Long("version") => return Ok(Command::Show(format!("{}\n", version()))),
                Short('e') => run.programs.push(Program::Code(parser.value().map_err(misuse)?)),
                Long("list") => is_listing = true,
                Long("sandbox") => run.is_sandboxed = true,
                Long("fuel") => run.fuel = Some(number("--fuel", &parser.value().map_err(misuse)?, false)?),
                Long("memory") => {
                    let bytes = number("--memory", &parser.value().map_err(misuse)?, true)?;
                    run.memory = Some(usize::try_from(bytes).unwrap_or(usize::MAX));
                }
                Value(script) => {
                    let rest = parser.raw_args().map_err(misuse)?.count();
                    run.script_at = arguments.len().checked_sub(rest + 1);
                    run.programs.push(if script == "-" {
                        Program::StandardInput
                    } else {
                        Program::File(script.into())
                    });
                    break;
                }
                Short(_) | Long(_) => return Err(unknown(&argument)),
            }
        }
        if run.programs.is_empty() && (is_listing || !io::stdin().is_terminal()) {
            run.programs.push(Program::StandardInput);
        }
        Ok(if is_listing { Command::List(run.programs) } else { Command::Run(run) })
    }
}

fn version() -> String {
    format!("deimos {} (Lua 5.4)", env!("CARGO_PKG_VERSION"))
}

fn misuse(error: lexopt::Error) -> String {
    format!("{error}; 'deimos --help' shows how to use it")
}

fn unknown(option: &lexopt::Arg<'_>) -> String {
    let name = match option {
        lexopt::Arg::Short(letter) => format!("-{letter}"),
        lexopt::Arg::Long(name) => format!("--{name}"),
        lexopt::Arg::Value(value) => value.to_string_lossy().into_owned(),
    };
    format!(
        "unknown option '{name}'; 'deimos --help' lists the options, and 'deimos -- {name}' runs a file of that name"
    )
}

/// The number that an option was given: decimal, with `_` between digits if that helps, and perhaps a unit.
fn number(option: &str, given: &OsStr, allows_unit: bool) -> Result<u64, String> {
    let text = given.to_string_lossy();
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

// -- sources ---------------------------------------------------------------------------------------------

impl Program {
    fn compile(&self) -> Result<Chunk, Stop> {
        match self {
            Program::Code(code) => Ok(Chunk::compile("=(command line)", code.as_encoded_bytes())?),
            Program::File(path) => {
                let source = std::fs::read(path)
                    .map_err(|error| Stop::Unreadable(format!("cannot read {}: {error}", path.display())))?;
                Ok(Chunk::compile_file(&format!("@{}", path.display()), &source)?)
            }
            Program::StandardInput => {
                let mut source = Vec::new();
                io::stdin()
                    .lock()
                    .read_to_end(&mut source)
                    .map_err(|error| Stop::Unreadable(format!("cannot read standard input: {error}")))?;
                Ok(Chunk::compile_file("=stdin", &source)?)
            }
        }
    }
}

fn list(programs: &[Program]) -> i32 {
    let mut text = String::new();
    for program in programs {
        match program.compile() {
            Ok(chunk) => text.push_str(&chunk.listing()),
            Err(stop) => return stop.report(),
        }
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    show(text.as_bytes())
}

// -- running ---------------------------------------------------------------------------------------------

fn execute(run: &Run, arguments: &[OsString]) -> i32 {
    let mut session = match Session::open(run, arguments) {
        Ok(session) => session,
        Err(error) => return Stop::Error(error).report(),
    };
    let status = if run.programs.is_empty() { session.converse() } else { session.run(&run.programs) };
    if !session.is_left_open {
        session.close();
    }
    session.lua.flush_files();
    // The process ends: to free each object of a large heap one by one would be time lost.
    std::mem::forget(session);
    status
}

/// Why a program did not come to its end.
enum Stop {
    Unreadable(String),
    Error(Error),
    OutOfFuel { limit: u64, traceback: String },
    Interrupted { traceback: String },
    Output(io::Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Error(error)
    }
}

impl Stop {
    /// Says so on standard error. The exit status that goes with it.
    fn report(&self) -> i32 {
        let (message, traceback) = match self {
            Stop::Unreadable(message) => (message.clone(), None),
            Stop::Error(error) if let deimos::ErrorKind::Exit { code, .. } = error.kind() => return code,
            Stop::Error(error) => (error.message().to_owned(), error.traceback()),
            Stop::OutOfFuel { limit, traceback } => {
                (format!("out of fuel after {limit} instructions"), Some(traceback.as_str()))
            }
            Stop::Interrupted { traceback } => ("interrupted!".to_owned(), Some(traceback.as_str())),
            Stop::Output(error) if error.kind() == ErrorKind::BrokenPipe => return UNHEARD,
            Stop::Output(error) => (format!("cannot write to standard output: {error}"), None),
        };
        match traceback.filter(|text| !text.is_empty()) {
            Some(traceback) => complain(&format!("{message}\n{traceback}")),
            None => complain(&message),
        }
        if matches!(self, Stop::Interrupted { .. }) { INTERRUPTED } else { FAILED }
    }

    /// Whether it ends the prompt as well.
    fn is_final(&self) -> bool {
        match self {
            Stop::Output(_) => true,
            Stop::Error(error) => matches!(error.kind(), deimos::ErrorKind::Exit { .. }),
            _ => false,
        }
    }
}

/// A machine, where it prints to, and what its programs may do.
struct Session {
    lua: Lua,
    output: Output,
    fuel: Option<u64>,
    /// What programs see as their globals.
    environment: Handle,
    is_sandboxed: bool,
    script_arguments: Variadic<Handle>,
    /// Whether a program has left by `os.exit` without asking for the end of the machine.
    is_left_open: bool,
}

impl Session {
    fn open(run: &Run, arguments: &[OsString]) -> Result<Session, Error> {
        let mut lua = Lua::with_libraries(if run.is_sandboxed { Libraries::SANDBOX } else { Libraries::ALL });
        lua.set_finalizers(!run.is_sandboxed);
        let output = Output::open();
        lua.set_output(output.clone());
        let is_sandboxed = run.is_sandboxed;
        let script_at = run.script_at.unwrap_or(0);
        let (environment, script_arguments) = lua.enter(|ctx| {
            let made = if is_sandboxed { shut(ctx) } else { Ok(ctx.globals()) };
            made.and_then(|environment| {
                let list = set_arg(ctx, environment, arguments, script_at)?;
                let script_arguments = if run.script_at.is_some() { list } else { Vec::new() };
                Ok((ctx.stash(environment), Variadic(script_arguments)))
            })
            .map_err(|raised| Error::from_raised(ctx, &raised))
        })?;
        if let Some(bytes) = run.memory.or(is_sandboxed.then_some(SANDBOX_MEMORY)) {
            lua.set_memory_limit(bytes);
        }
        Ok(Session { lua, output, fuel: run.fuel, environment, is_sandboxed, script_arguments, is_left_open: false })
    }

    fn run(&mut self, programs: &[Program]) -> i32 {
        for program in programs {
            let ended = program.compile().and_then(|chunk| {
                listen_for_interrupts();
                let arguments = match program {
                    Program::Code(_) => Variadic(Vec::new()),
                    Program::File(_) | Program::StandardInput => self.script_arguments.clone(),
                };
                self.run_chunk(&chunk, arguments)
            });
            // What the program said stands before what is said about it.
            let flushed = self.output.flush_all();
            if let Err(stop) = ended.and(flushed) {
                return stop.report();
            }
        }
        0
    }

    fn run_chunk(&mut self, chunk: &Chunk, arguments: Variadic<Handle>) -> Result<Values, Stop> {
        let (environment, can_yield) = (self.environment.clone(), self.is_sandboxed);
        let coroutine = self.lua.enter(|ctx| {
            let function = chunk.function(ctx, ctx.fetch(&environment));
            let thread = Thread::new(ctx, Value::Closure(function));
            if !can_yield {
                thread.set_main(ctx);
            }
            ctx.stash(thread)
        });
        let task = self.lua.task(coroutine, arguments)?;
        self.drive(&task)
    }

    /// Resumes a task until it ends or has to be stopped.
    fn drive(&mut self, task: &Task) -> Result<Values, Stop> {
        let mut left = self.fuel;
        loop {
            let slice = left.map_or(SLICE, |left| left.min(SLICE));
            let poll = self.lua.resume(task, &mut (), slice).inspect_err(|error| {
                self.is_left_open = matches!(error.kind(), deimos::ErrorKind::Exit { close: false, .. });
            })?;
            self.output.flush_all()?;
            match poll {
                Poll::Finished(values) => return Ok(values),
                // At the top of a behaviour, to yield is to wait for the next frame. Here the next frame is now.
                Poll::Yielded(_) | Poll::OutOfFuel => {}
            }
            if INTERRUPT.load(Ordering::SeqCst) {
                return Err(self.interrupt(task));
            }
            if let (Some(limit), Some(fuel)) = (self.fuel, &mut left) {
                *fuel -= slice;
                if *fuel == 0 {
                    let traceback = self.lua.traceback(task);
                    return Err(Stop::OutOfFuel { limit, traceback });
                }
            }
        }
    }

    /// Runs the finalizers that are left. If the fuel is limited, they get little; Ctrl-C ends them.
    fn close(&mut self) {
        INTERRUPT.store(false, Ordering::SeqCst);
        while !self.lua.close(&mut (), if self.fuel.is_some() { FAREWELL } else { SLICE }) {
            if self.fuel.is_some() || INTERRUPT.load(Ordering::SeqCst) {
                break;
            }
        }
        // What cannot be written any more has nobody to read it.
        let _ = self.output.flush();
    }

    fn interrupt(&mut self, task: &Task) -> Stop {
        let traceback = self.lua.traceback(task);
        match self.lua.cancel(task, &mut (), FAREWELL) {
            Ok(()) => Stop::Interrupted { traceback },
            Err(error) => Stop::Error(error),
        }
    }
}

/// Makes all that programs share read-only. The environment that is a program's own.
fn shut<'gc>(ctx: Context<'gc>) -> Result<Table<'gc>, Raised<'gc>> {
    let globals = ctx.globals();
    ctx.freeze_globals();
    let scope = Table::new(ctx);
    scope.set_field(ctx, "__index", Value::Table(globals))?;
    scope.set_field(ctx, "__metatable", Value::Boolean(false))?;
    scope.freeze();
    let environment = Table::new(ctx);
    environment.set_metatable(ctx, Some(scope));
    Ok(environment)
}

/// Sets the table `arg`: the script at 0, its arguments from 1 on, the interpreter and its options below. The
/// script's arguments.
fn set_arg<'gc>(
    ctx: Context<'gc>,
    environment: Table<'gc>,
    arguments: &[OsString],
    script_at: usize,
) -> Result<Vec<Handle>, Raised<'gc>> {
    let table = Table::new(ctx);
    let mut script_arguments = Vec::new();
    for (position, argument) in arguments.iter().enumerate() {
        let text = ctx.text(argument.as_encoded_bytes());
        let index = i64::try_from(position).unwrap_or(i64::MAX) - i64::try_from(script_at).unwrap_or(0);
        table.set_integer(ctx, index, text)?;
        if index > 0 {
            script_arguments.push(ctx.stash(text));
        }
    }
    environment.set_field(ctx, "arg", Value::Table(table))?;
    Ok(script_arguments)
}

/// From now on Ctrl-C sets a flag rather than end the process. A second one, while the first is not dealt with,
/// ends it. Where the system does not allow that, Ctrl-C ends the process as before.
fn listen_for_interrupts() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        let _ = ctrlc::set_handler(|| {
            if INTERRUPT.swap(true, Ordering::SeqCst) {
                process::exit(INTERRUPTED);
            }
        });
    });
}

// -- output ----------------------------------------------------------------------------------------------

/// Standard output, buffered, and shared with the machine.
#[derive(Clone)]
struct Output(Rc<RefCell<Sink>>);

struct Sink {
    writer: BufWriter<StdoutLock<'static>>,
    /// The first failure; nothing is written after it.
    failure: Option<io::Error>,
}

impl Output {
    fn open() -> Output {
        let writer = BufWriter::with_capacity(1 << 16, io::stdout().lock());
        Output(Rc::new(RefCell::new(Sink { writer, failure: None })))
    }

    fn flush_all(&self) -> Result<(), Stop> {
        let mut sink = self.0.borrow_mut();
        match sink.failure.take() {
            Some(error) => Err(Stop::Output(error)),
            None => sink.writer.flush().map_err(Stop::Output),
        }
    }
}

/// What the machine writes. Failures come to light with the next flush by the command line.
impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut sink = self.0.borrow_mut();
        if sink.failure.is_none() {
            sink.failure = sink.writer.write_all(bytes).err();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut sink = self.0.borrow_mut();
        if sink.failure.is_none() {
            sink.failure = sink.writer.flush().err();
        }
        Ok(())
    }
}

fn show(text: &[u8]) -> i32 {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text).and_then(|()| stdout.flush()) {
        Ok(()) => 0,
        Err(error) => Stop::Output(error).report(),
    }
}

/// Says something on standard error. If nobody hears it, there is nobody to tell.
fn complain(message: &str) {
    let _ = writeln!(io::stderr().lock(), "deimos: {message}");
}

// -- the prompt ------------------------------------------------------------------------------------------

/// What came from the prompt.
enum Input {
    Chunk(Chunk),
    /// It is not Lua.
    Wrong(Error),
    /// Ctrl-C: what was written so far is dropped.
    Dropped,
    Leave,
    Failed(ReadlineError),
}

impl Session {
    fn converse(&mut self) -> i32 {
        listen_for_interrupts();
        let history = history_path();
        let mut editor = match open_editor(history.as_deref()) {
            Ok(editor) => editor,
            Err(error) => {
                complain(&format!("the prompt does not work on this terminal: {error}; 'deimos -' reads plain input"));
                return FAILED;
            }
        };
        let _ = writeln!(self.output, "{}  `exit` or Ctrl-D leaves, Ctrl-C stops what is running.", version());
        loop {
            if let Err(stop) = self.output.flush_all() {
                return stop.report();
            }
            let input = read_input(&mut editor, history.as_deref());
            INTERRUPT.store(false, Ordering::SeqCst);
            let ended = match input {
                Input::Chunk(chunk) => self.answer(&chunk),
                Input::Wrong(error) => Err(Stop::Error(error)),
                Input::Dropped => Ok(()),
                Input::Leave => return 0,
                Input::Failed(error) => {
                    complain(&format!("cannot read from the terminal: {error}"));
                    return FAILED;
                }
            };
            let flushed = self.output.flush_all();
            if let Err(stop) = ended.and(flushed) {
                let status = stop.report();
                if stop.is_final() {
                    return status;
                }
            }
        }
    }

    /// Runs an input and prints its values, by the global `print` as it is at that moment.
    fn answer(&mut self, chunk: &Chunk) -> Result<(), Stop> {
        let values = self.run_chunk(chunk, Variadic(Vec::new()))?;
        if !values.is_empty() {
            let values: Variadic<Handle> = values.convert(&mut self.lua)?;
            let print = Chunk::compile("=stdin", b"print(...)")?;
            self.run_chunk(&print, values)?;
        }
        Ok(())
    }
}

fn open_editor(history: Option<&Path>) -> rustyline::Result<DefaultEditor> {
    let config = Config::builder().auto_add_history(false).history_ignore_space(true).build();
    let mut editor = DefaultEditor::with_config(config)?;
    // A history that cannot be kept is no reason not to talk.
    if let Some(path) = history {
        if let Some(folder) = path.parent() {
            let _ = std::fs::create_dir_all(folder);
        }
        let _ = editor.load_history(path);
    }
    Ok(editor)
}

/// Where the history of the prompt is kept.
fn history_path() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = set("XDG_STATE_HOME").or_else(|| Some(set("HOME")?.join(".local").join("state")))?;
    Some(state.join("deimos").join("history"))
}

fn read_input(editor: &mut DefaultEditor, history: Option<&Path>) -> Input {
    let mut text = String::new();
    loop {
        let line = match editor.readline(if text.is_empty() { "> " } else { ">> " }) {
            Ok(line) => line,
            Err(ReadlineError::Interrupted) => return Input::Dropped,
            Err(ReadlineError::Eof) => return Input::Leave,
            Err(error) => return Input::Failed(error),
        };
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&line);
        if text.trim().is_empty() {
            text.clear();
            continue;
        }
        let compiled = compile_input(&text);
        if matches!(&compiled, Err(error) if error.message().ends_with("near <eof>")) {
            continue;
        }
        if editor.add_history_entry(&text).is_ok_and(|added| added)
            && let Some(path) = history
        {
            let _ = editor.append_history(path);
        }
        return match compiled {
            _ if text.trim() == "exit" => Input::Leave,
            Ok(chunk) => Input::Chunk(chunk),
            Err(error) => Input::Wrong(error),
        };
    }
}

/// An input is an expression, if it can be one, and statements otherwise. `=` says that it is one.
fn compile_input(text: &str) -> Result<Chunk, Error> {
    let marked = text.trim_start().strip_prefix('=');
    let expression = Chunk::compile("=stdin", format!("return {}", marked.unwrap_or(text)).as_bytes());
    match expression {
        Err(_) if marked.is_none() => Chunk::compile("=stdin", text.as_bytes()),
        _ => expression,
    }
}

//! A machine, and what the command line runs on it.
//!
//! Everything runs in slices of fuel. Between two slices the output is flushed and Ctrl-C is looked at, so that
//! nothing a script does makes the terminal deaf; in the first slice, about a millisecond, Ctrl-C ends the process as it
//! ends any other. In the sandbox all that programs share is read-only, and what they
//! see as their globals is a table that falls back on it.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use deimos::{
    Chunk, Context, Error, ErrorKind, Handle, Libraries, Lua, Poll, Raised, Table, Task, Thread, Value, Values,
    Variadic,
};

use crate::arguments::{Run, Step};
use crate::guard::{Failure, guarded, text_of};
use crate::output::Output;
use crate::stop::Stop;

/// Fuel between two looks at Ctrl-C: about a millisecond.
const SLICE: u64 = 1 << 18;

/// Fuel for closing what an interrupted program has open.
const FAREWELL: u64 = 1 << 20;

/// The memory limit of `--sandbox` where there is no `--memory`: the plugin's own.
const SANDBOX_MEMORY: usize = 512 << 20;

/// The most arguments that a script gets.
const ARGUMENTS_MAX: usize = 200_000;

/// Set by Ctrl-C until the running program has been stopped.
static INTERRUPT: AtomicBool = AtomicBool::new(false);

/// A machine, where it prints to, and what its programs may do.
pub(crate) struct Session {
    pub(crate) lua: Lua,
    pub(crate) output: Output,
    fuel: Option<u64>,
    /// What programs see as their globals.
    environment: Handle,
    is_sandboxed: bool,
    /// Whether a program has ended all without closing: then no finalizer runs any more.
    is_left: bool,
}

impl Session {
    pub(crate) fn open(run: &Run, words: &[OsString], output: Output) -> Result<Session, Error> {
        let mut lua = Lua::with_libraries(if run.is_sandboxed { Libraries::SANDBOX } else { Libraries::ALL });
        lua.set_finalizers(!run.is_sandboxed);
        lua.set_output(output.clone());
        lua.set_warn(complain_of);
        let environment = lua.enter(|ctx| {
            let made = if run.is_sandboxed { shut(ctx) } else { Ok(ctx.globals()) };
            made.and_then(|environment| {
                set_arg(ctx, environment, words, run.script_at.unwrap_or(0))?;
                if !run.ignores_environment && !run.is_sandboxed {
                    set_path(ctx, "path", "LUA_PATH")?;
                    set_path(ctx, "cpath", "LUA_CPATH")?;
                }
                Ok(ctx.stash(environment))
            })
            .map_err(|raised| Error::from_raised(ctx, &raised))
        })?;
        if let Some(bytes) = run.memory.or(run.is_sandboxed.then_some(SANDBOX_MEMORY)) {
            lua.set_memory_limit(bytes);
        }
        Ok(Session { lua, output, fuel: run.fuel, environment, is_sandboxed: run.is_sandboxed, is_left: false })
    }

    /// Does what the command line asks for, but for the prompt.
    pub(crate) fn run(&mut self, run: &Run, words: &[OsString]) -> Result<(), Stop> {
        if !run.ignores_environment && !self.is_sandboxed {
            self.run_init()?;
        }
        for step in &run.steps {
            match step {
                Step::Code(code) => self.run_plain(&code_of(code)?)?,
                Step::Module(name) => self.load_module(name)?,
                Step::Warnings => self.run_plain(&Chunk::compile("=(command line)", b"warn('@on')")?)?,
            }
        }
        if let Some(at) = run.script_at {
            let chunk = script_at(words, at)?;
            let arguments = self.script_arguments()?;
            self.run_chunk(&chunk, arguments)?;
        }
        Ok(())
    }

    /// Runs what `LUA_INIT` says.
    fn run_init(&mut self) -> Result<(), Stop> {
        let found = ["LUA_INIT_5_4", "LUA_INIT"].into_iter().find_map(|name| Some((name, std::env::var_os(name)?)));
        let Some((name, code)) = found else { return Ok(()) };
        let chunk = match code.to_str().and_then(|code| code.strip_prefix('@')) {
            Some(file) => file_of(Path::new(file))?,
            None => Chunk::compile(&format!("={name}"), code.as_encoded_bytes())?,
        };
        self.run_plain(&chunk)
    }

    /// Sets a global variable to a module: `-l module` or `-l name=module`. Without a name it is the module's own, up
    /// to a dash, behind which a version may stand.
    fn load_module(&mut self, word: &OsStr) -> Result<(), Stop> {
        let word = word.as_encoded_bytes();
        let place = |byte| word.iter().position(|&other| other == byte);
        let (name, module) = match place(b'=') {
            Some(at) => (word.get(..at), word.get(at + 1..)),
            None => (word.get(..place(b'-').unwrap_or(word.len())), Some(word)),
        };
        let chunk = Chunk::compile("=(command line)", b"local name, module = ... _ENV[name] = require(module)")?;
        let names = self.lua.enter(|ctx| {
            [name, module].map(|name| ctx.stash(ctx.text(name.unwrap_or_default()))).into_iter().collect()
        });
        self.run_chunk(&chunk, names).map(|_| ())
    }

    /// The arguments of the script, as the table `arg` has them by now.
    fn script_arguments(&mut self) -> Result<Variadic<Handle>, Stop> {
        let environment = self.environment.clone();
        self.lua.enter(|ctx| {
            let Value::Table(environment) = ctx.fetch(&environment) else { return Ok(Variadic(Vec::new())) };
            let Value::Table(list) = environment.get(ctx, ctx.text("arg")) else {
                return Err(Stop::Refused("'arg' is not a table".to_owned()));
            };
            let count = usize::try_from(list.len()).unwrap_or(usize::MAX);
            if count > ARGUMENTS_MAX {
                return Err(Stop::Refused("too many arguments to script".to_owned()));
            }
            Ok((1..).take(count).map(|index| ctx.stash(list.get_integer(ctx, index))).collect())
        })
    }

    /// Runs a chunk without arguments.
    pub(crate) fn run_plain(&mut self, chunk: &Chunk) -> Result<(), Stop> {
        self.run_chunk(chunk, Variadic(Vec::new())).map(|_| ())
    }

    pub(crate) fn run_chunk(&mut self, chunk: &Chunk, arguments: Variadic<Handle>) -> Result<Values, Stop> {
        let environment = self.environment.clone();
        let function = self.lua.enter(|ctx| ctx.stash(chunk.function(ctx, ctx.fetch(&environment))));
        self.call(&function, arguments)
    }

    /// The text of a global variable, as `tostring` has it; `None` if it is nil.
    pub(crate) fn text_of_global(&mut self, name: &str) -> Result<Option<String>, Stop> {
        let environment = self.environment.clone();
        let (value, function) = self.lua.enter(|ctx| {
            let value = match ctx.fetch(&environment) {
                Value::Table(environment) => environment.get(ctx, ctx.text(name)),
                _ => Value::Nil,
            };
            ((!value.is_nil()).then(|| ctx.stash(value)), ctx.stash(text_of(ctx)))
        });
        let Some(value) = value else { return Ok(None) };
        let values = self.call(&function, Variadic(vec![value]))?;
        let text: Vec<u8> = values.convert(&mut self.lua)?;
        Ok(Some(String::from_utf8_lossy(&text).into_owned()))
    }

    fn call(&mut self, function: &Handle, arguments: Variadic<Handle>) -> Result<Values, Stop> {
        let failure = Failure::default();
        let can_yield = self.is_sandboxed;
        let coroutine = self.lua.enter(|ctx| {
            let thread = Thread::new(ctx, guarded(ctx, ctx.fetch(function), &failure).into());
            if !can_yield {
                thread.set_main(ctx);
            }
            ctx.stash(thread)
        });
        let task = self.lua.task(coroutine, arguments)?;
        let values = self.drive(&task)?;
        failure.take().map_or(Ok(values), |error| Err(Stop::Error(error)))
    }

    /// Resumes a task until it ends or has to be stopped.
    fn drive(&mut self, task: &Task) -> Result<Values, Stop> {
        let mut left = self.fuel;
        loop {
            let slice = left.map_or(SLICE, |left| left.min(SLICE));
            let poll = self.lua.resume(task, &mut (), slice).inspect_err(|error| {
                self.is_left = matches!(error.kind(), ErrorKind::Exit { close: false, .. });
            })?;
            if let Poll::Finished(values) = poll {
                self.output.flush_all()?;
                return Ok(values);
            }
            // At the top of a behaviour, to yield is to wait for the next frame. Here the next frame is now.
            // To listen takes a thread, whose start a program that ends by now would notice.
            listen_for_interrupts();
            self.output.flush_all()?;
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
    pub(crate) fn close(&mut self) {
        INTERRUPT.store(false, Ordering::SeqCst);
        while !self.is_left && !self.lua.close(&mut (), if self.fuel.is_some() { FAREWELL } else { SLICE }) {
            if self.fuel.is_some() || INTERRUPT.load(Ordering::SeqCst) {
                break;
            }
        }
        // What cannot be written any more has nobody to read it.
        let _ = self.output.flush_all();
    }

    fn interrupt(&mut self, task: &Task) -> Stop {
        let traceback = self.lua.traceback(task);
        match self.lua.cancel(task, &mut (), FAREWELL) {
            Ok(()) => Stop::Interrupted { traceback },
            Err(error) => Stop::Error(error),
        }
    }
}

/// Writes a warning to standard error. If nobody hears it, there is nobody to tell.
fn complain_of(warning: &[u8]) {
    let _ = io::stderr().lock().write_all(&[warning, b"\n"].concat());
}

// -- sources ---------------------------------------------------------------------------------------------

/// Code that is on the command line.
pub(crate) fn code_of(code: &OsStr) -> Result<Chunk, Stop> {
    Ok(Chunk::compile("=(command line)", code.as_encoded_bytes())?)
}

/// The script at this place of the command line; `-` is what comes from standard input, unless it stands behind `--`.
pub(crate) fn script_at(words: &[OsString], at: usize) -> Result<Chunk, Stop> {
    let word = |at: usize| words.get(at).map(OsString::as_os_str).unwrap_or_default();
    if word(at) == "-" && word(at.saturating_sub(1)) != "--" {
        return standard_input();
    }
    file_of(Path::new(word(at)))
}

fn file_of(path: &Path) -> Result<Chunk, Stop> {
    let source = std::fs::read(path).map_err(|error| {
        let what = if path.is_dir() { "read" } else { "open" };
        let text = error.to_string();
        let reason = text.split(" (os error").next().unwrap_or_default();
        Stop::Refused(format!("cannot {what} {}: {reason}", path.display()))
    })?;
    Ok(Chunk::compile_file(&format!("@{}", path.display()), &source)?)
}

/// All that comes from standard input.
pub(crate) fn standard_input() -> Result<Chunk, Stop> {
    let mut source = Vec::new();
    io::stdin()
        .lock()
        .read_to_end(&mut source)
        .map_err(|error| Stop::Refused(format!("cannot read standard input: {error}")))?;
    Ok(Chunk::compile_file("=stdin", &source)?)
}

// -- the machine -----------------------------------------------------------------------------------------

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

/// Sets the table `arg`: the script at 0, its arguments from 1 on, the interpreter and its options below.
fn set_arg<'gc>(
    ctx: Context<'gc>,
    environment: Table<'gc>,
    words: &[OsString],
    script_at: usize,
) -> Result<(), Raised<'gc>> {
    let table = Table::new(ctx);
    for (position, word) in words.iter().enumerate() {
        let index = i64::try_from(position).unwrap_or(i64::MAX) - i64::try_from(script_at).unwrap_or(0);
        table.set_integer(ctx, index, ctx.text(word.as_encoded_bytes()))?;
    }
    environment.set_field(ctx, "arg", Value::Table(table))?;
    Ok(())
}

/// Sets a path of the library `package` to what the environment says. The first `;;` in it stands for the path as it
/// was.
fn set_path<'gc>(ctx: Context<'gc>, field: &str, variable: &str) -> Result<(), Raised<'gc>> {
    let Some(path) = std::env::var_os(format!("{variable}_5_4")).or_else(|| std::env::var_os(variable)) else {
        return Ok(());
    };
    let Value::Table(package) = ctx.globals().get(ctx, ctx.text("package")) else { return Ok(()) };
    let path = path.as_encoded_bytes();
    let Some(at) = path.windows(2).position(|pair| pair == b";;") else {
        package.set_field(ctx, field, ctx.text(path))?;
        return Ok(());
    };
    let default = package.get(ctx, ctx.text(field));
    let default = if let Value::String(text) = default { text.as_bytes() } else { b"" };
    let parts = [path.get(..at).unwrap_or_default(), default, path.get(at + 2..).unwrap_or_default()];
    let parts: Vec<&[u8]> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    package.set_field(ctx, field, ctx.text(parts.join(b";".as_slice())))?;
    Ok(())
}

// -- Ctrl-C ----------------------------------------------------------------------------------------------

/// Forgets a Ctrl-C that came while nothing ran.
pub(crate) fn forget_interrupt() {
    INTERRUPT.store(false, Ordering::SeqCst);
}

/// From now on Ctrl-C sets a flag rather than end the process. A second one, while the first is not dealt with,
/// ends it. Where the system does not allow that, Ctrl-C ends the process as before.
pub(crate) fn listen_for_interrupts() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        let _ = ctrlc::set_handler(|| {
            if INTERRUPT.swap(true, Ordering::SeqCst) {
                Stop::abruptly();
            }
        });
    });
}

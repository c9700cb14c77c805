//! The owner of an arena: loading, running, collecting.
//!
//! All work is done in visits to the arena, and the collector works between them; so no visit may run for
//! long, and a task is resumed slice by slice until its fuel is used up.

use std::any::Any;
use std::fmt;
use std::io::Write;
use std::rc::Rc;

use gc_arena::{Arena, Rootable};

use crate::vm::{Context, Ledger, PACING, Progress, Raised, State, Thread, Value};

use super::chunk::Chunk;
use super::collector::{Collector, Finalizers};
use super::convert::{FromArgs, IntoLua, IntoReturns};
use super::error::{Error, ErrorKind};
use super::handle::Handle;

/// Fuel between two looks at the collector. An instruction makes at most one object, so that this bounds the
/// garbage that piles up before the collector is asked; small enough for the young objects to stay in cache.
pub(super) const SLICE: u64 = 16_384;

/// A Lua machine: its values, its libraries, its collector.
pub struct Lua {
    pub(super) arena: Arena<Rootable![State<'_>]>,
    pub(super) ledger: Rc<Ledger>,
    pub(super) collector: Collector,
}

/// A coroutine that Rust code resumes.
#[derive(Clone, Debug)]
pub struct Task {
    pub(super) thread: Handle,
    args: Values,
}

/// How far a task got.
#[derive(Debug)]
pub enum Poll {
    /// It returned these values and is done.
    Finished(Values),
    /// It yielded these values.
    Yielded(Values),
    /// It used up its fuel. Resume it to go on.
    OutOfFuel,
}

/// A list of Lua values that Rust code holds.
#[derive(Clone, Debug, Default)]
pub struct Values(Vec<Handle>);

impl Lua {
    /// A machine without any library, not even the base functions.
    pub fn empty() -> Lua {
        #[expect(clippy::redundant_closure, reason = "the path alone is not general enough in `'gc`")]
        let arena = Arena::<Rootable![State<'_>]>::new(|mc| State::new(mc));
        arena.metrics().set_pacing(PACING);
        let ledger = arena.mutate(|mc, state| Rc::clone(Context::new(mc, state).ledger()));
        Lua { arena, ledger, collector: Collector::default() }
    }

    /// Visits the arena. Nothing is collected during a visit.
    ///
    /// # Example
    /// ```
    /// # use deimos::{Lua, Value};
    /// let mut lua = Lua::new();
    /// let version = lua.enter(|ctx| match ctx.globals().get(ctx, ctx.text("_VERSION")) {
    ///     Value::String(version) => version.to_text().into_owned(),
    ///     _ => String::new(),
    /// });
    /// assert_eq!(version, "Lua 5.4");
    /// ```
    pub fn enter<R>(&mut self, visit: impl for<'gc> FnOnce(Context<'gc>) -> R) -> R {
        self.arena.mutate(|mc, state| {
            let ctx = Context::new(mc, state);
            let result = visit(ctx);
            ctx.leave();
            result
        })
    }

    /// Compiles a chunk; see [`Chunk::compile`].
    ///
    /// # Errors
    /// If the source is not Lua.
    pub fn load(&mut self, name: &str, source: impl AsRef<[u8]>) -> Result<Chunk, Error> {
        Chunk::compile(name, source.as_ref())
    }

    /// Sets a global variable.
    ///
    /// # Errors
    /// If the value does not convert or the memory limit is reached.
    pub fn set_global(&mut self, name: &str, value: impl for<'gc> IntoLua<'gc>) -> Result<(), Error> {
        self.try_enter(|ctx| {
            let value = value.into_lua(ctx)?;
            Ok(ctx.globals().set_field(ctx, name, value)?)
        })
    }

    /// Sets where `print` writes: the function gets each line without the line feed. At first it goes nowhere.
    pub fn set_print(&mut self, print: impl FnMut(&[u8]) + 'static) {
        self.enter(|ctx| ctx.set_print(free(print)));
    }

    /// Sets where warnings go (§6.1, `warn`): the function gets each as a line without the line feed. At first they go
    /// the way of `print`.
    pub fn set_warn(&mut self, warn: impl FnMut(&[u8]) + 'static) {
        self.enter(|ctx| ctx.output().set_warn(free(warn)));
    }

    /// Sets the standard output of scripts: what `io.write` writes to at first. It gets the lines of `print` too,
    /// unless [`Lua::set_print`] gave them another way. Without this, `io.write` writes to the process's own.
    ///
    /// # Example
    /// ```
    /// # use std::cell::RefCell;
    /// # use std::io::{self, Write};
    /// # use std::rc::Rc;
    /// # use deimos::{Libraries, Lua};
    /// #[derive(Clone, Default)]
    /// struct Page(Rc<RefCell<Vec<u8>>>);
    ///
    /// impl Write for Page {
    ///     fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
    ///         self.0.borrow_mut().write(bytes)
    ///     }
    ///     fn flush(&mut self) -> io::Result<()> {
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let mut lua = Lua::with_libraries(Libraries::SANDBOX | Libraries::IO);
    /// let page = Page::default();
    /// lua.set_output(page.clone());
    /// lua.load("=demo", "print('one') io.write('two', 3)")?.call::<()>(&mut lua, ())?;
    /// assert_eq!(*page.0.borrow(), b"one\ntwo3");
    /// # Ok::<(), deimos::Error>(())
    /// ```
    pub fn set_output(&mut self, output: impl Write + 'static) {
        self.enter(|ctx| ctx.output().set_stream(Box::new(output)));
    }

    fn try_enter<R>(
        &mut self,
        visit: impl for<'gc> FnOnce(Context<'gc>) -> Result<R, Raised<'gc>>,
    ) -> Result<R, Error> {
        self.enter(|ctx| visit(ctx).map_err(|raised| Error::from_raised(ctx, &raised)))
    }

    // -- tasks ---------------------------------------------------------------------------------------

    /// Makes a coroutine of a chunk, with the globals as its environment. Nothing runs yet.
    ///
    /// # Errors
    /// If an argument does not convert.
    ///
    /// # Example
    /// ```
    /// # use deimos::{Lua, Poll};
    /// let mut lua = Lua::new();
    /// let chunk = lua.load("=count", "for i = 1, 2 do coroutine.yield(i) end")?;
    /// let task = lua.spawn(&chunk, ())?;
    /// let mut seen = Vec::new();
    /// while let Poll::Yielded(values) = lua.resume(&task, &mut (), 1_000)? {
    ///     seen.push(values.get::<i64>(&mut lua, 0)?);
    /// }
    /// assert_eq!(seen, [1, 2]);
    /// # Ok::<(), deimos::Error>(())
    /// ```
    pub fn spawn(&mut self, chunk: &Chunk, args: impl for<'gc> IntoReturns<'gc>) -> Result<Task, Error> {
        let thread = self.enter(|ctx| {
            let function = chunk.function(ctx, Value::Table(ctx.globals()));
            ctx.stash(Thread::new(ctx, Value::Closure(function)))
        });
        self.task(thread, args)
    }

    /// Makes a chunk a program's main coroutine: as [`Lua::spawn`], but it cannot yield.
    ///
    /// # Errors
    /// If an argument does not convert.
    pub fn spawn_main(&mut self, chunk: &Chunk, args: impl for<'gc> IntoReturns<'gc>) -> Result<Task, Error> {
        let task = self.spawn(chunk, args)?;
        self.enter(|ctx| {
            if let Value::Thread(thread) = ctx.fetch(&task.thread) {
                thread.set_main(ctx);
            }
        });
        Ok(task)
    }

    /// Makes a task of a coroutine that was made inside the arena, say of a chunk in an environment of its own.
    /// Nothing runs yet. A task whose handle holds anything else fails when it is resumed.
    ///
    /// # Errors
    /// If an argument does not convert.
    pub fn task(&mut self, thread: Handle, args: impl for<'gc> IntoReturns<'gc>) -> Result<Task, Error> {
        let args = self.try_enter(|ctx| {
            let mut handles = Vec::new();
            args.into_returns(ctx, &mut |value| handles.push(ctx.stash(value)))?;
            Ok(Values(handles))
        })?;
        Ok(Task { thread, args })
    }

    /// Resumes a task for at most about `fuel` instructions. Natives find `host` with their call. The
    /// collector works as it goes.
    ///
    /// # Errors
    /// Whatever the task raises; it is dead then. Also if it is dead already.
    pub fn resume(&mut self, task: &Task, host: &mut dyn Any, fuel: u64) -> Result<Poll, Error> {
        let mut left = fuel;
        loop {
            if self.run_finalizers(host, &mut left)? == Finalizers::Paused {
                return Ok(Poll::OutOfFuel);
            }
            let slice = left.min(SLICE);
            let outcome = self.resume_slice(task, host, slice);
            let (progress, used, values) = outcome?;
            left = left.saturating_sub(used.max(1));
            self.collect();
            self.enforce_limit(task)?;
            match progress {
                Progress::OutOfFuel if left > 0 => {}
                Progress::OutOfFuel => return Ok(Poll::OutOfFuel),
                Progress::Finished => return Ok(Poll::Finished(values)),
                Progress::Yielded | Progress::Suspended => return Ok(Poll::Yielded(values)),
            }
        }
    }

    fn resume_slice(&mut self, task: &Task, host: &mut dyn Any, slice: u64) -> Result<(Progress, u64, Values), Error> {
        self.try_enter(|ctx| {
            let Value::Thread(thread) = (&task.thread).into_lua(ctx)? else {
                return Err(Raised::message("the task has no coroutine"));
            };
            let given = i64::try_from(slice).unwrap_or(i64::MAX);
            let mut fuel = given;
            let mut results = Vec::new();
            let args: Vec<Value<'_>> = if thread.has_begun() {
                Vec::new()
            } else {
                task.args.0.iter().map(|handle| ctx.fetch(handle)).collect()
            };
            let progress = ctx.resume(thread, &args, host, &mut fuel, &mut results)?;
            let used = u64::try_from(given.saturating_sub(fuel)).unwrap_or(0);
            Ok((progress, used, Values(results.into_iter().map(|value| ctx.stash(value)).collect())))
        })
    }

    /// Ends a task: runs what it has still to close, at most `fuel` worth, and then it is dead.
    ///
    /// # Errors
    /// If closing fails.
    pub fn cancel(&mut self, task: &Task, host: &mut dyn Any, fuel: u64) -> Result<(), Error> {
        self.try_enter(|ctx| {
            let Value::Thread(thread) = (&task.thread).into_lua(ctx)? else { return Ok(()) };
            let mut fuel = i64::try_from(fuel).unwrap_or(i64::MAX);
            if ctx.close(thread, host, &mut fuel, &mut Vec::new())? != Progress::Finished {
                thread.kill(ctx);
            }
            Ok(())
        })
    }

    /// Where a task stands that was not finished: its call stack, innermost function first, in the form of Lua's
    /// `debug.traceback`.
    ///
    /// # Example
    /// ```
    /// # use deimos::{Lua, Poll};
    /// let mut lua = Lua::new();
    /// let chunk = lua.load("@loop.lua", "while true do end")?;
    /// let task = lua.spawn(&chunk, ())?;
    /// assert!(matches!(lua.resume(&task, &mut (), 1_000)?, Poll::OutOfFuel));
    /// assert_eq!(lua.traceback(&task), "stack traceback:\n\tloop.lua:1: in main chunk");
    /// # Ok::<(), deimos::Error>(())
    /// ```
    pub fn traceback(&mut self, task: &Task) -> String {
        self.enter(|ctx| match (&task.thread).into_lua(ctx) {
            Ok(Value::Thread(thread)) => thread.traceback(ctx),
            _ => String::new(),
        })
    }

    /// Runs a task to its end without a host and without a limit, and converts its results.
    pub(super) fn run<R: for<'gc> FromArgs<'gc>>(&mut self, task: &Task) -> Result<R, Error> {
        loop {
            match self.resume(task, &mut (), u64::MAX)? {
                Poll::Finished(values) => return values.convert(self),
                Poll::OutOfFuel => {}
                Poll::Yielded(_) => return Err(Error::runtime("a native function suspended a call that cannot wait")),
            }
        }
    }
}

impl Values {
    /// The number of values.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Converts the value at `index`, counted from 0; nil where there is none.
    ///
    /// # Errors
    /// If it does not convert.
    pub fn get<T: for<'gc> FromArgs<'gc>>(&self, lua: &mut Lua, index: usize) -> Result<T, Error> {
        self.convert_from(lua, index)
    }

    /// Converts all of the values.
    ///
    /// # Errors
    /// If one does not convert.
    pub fn convert<T: for<'gc> FromArgs<'gc>>(&self, lua: &mut Lua) -> Result<T, Error> {
        self.convert_from(lua, 0)
    }

    fn convert_from<T: for<'gc> FromArgs<'gc>>(&self, lua: &mut Lua, index: usize) -> Result<T, Error> {
        lua.enter(|ctx| {
            let mut values = Vec::with_capacity(self.0.len());
            for handle in &self.0 {
                values.push(handle.into_lua(ctx).map_err(|raised| Error::from_raised(ctx, &raised))?);
            }
            T::from_args(ctx, &(), &values, index).map_err(|bad| Error::runtime(bad.to_string()))
        })
    }
}

/// A function that takes lines, which cost a script no more than being made.
fn free(mut put_out: impl FnMut(&[u8]) + 'static) -> Box<dyn FnMut(&[u8]) -> u32> {
    Box::new(move |line| {
        put_out(line);
        0
    })
}

impl fmt::Debug for Lua {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lua({} bytes)", self.memory_used())
    }
}

impl Error {
    /// Whether the memory limit was reached.
    pub fn is_memory(&self) -> bool {
        self.kind() == ErrorKind::Memory
    }
}

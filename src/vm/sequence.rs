//! The face that the machine shows to native functions.
//!
//! A native never calls Lua on the Rust stack. It looks at its arguments through a [`Call`], leaves values
//! there, and says by an [`Action`] what is to happen with them: they are its results, or a function to be
//! called and its arguments. What has to go on after such a call is a [`Sequence`], a state machine that the
//! machine polls; it may call, yield, or pause for fuel at every step.

use std::any::Any;

use gc_arena::collect::{DynCollect, dyn_collect};

use super::context::Context;
use super::error::Raised;
use super::executor::Control;
use super::function::Native;
use super::thread::Thread;
use super::value::Value;

/// What a native function, or a sequence's step, wants to happen next.
#[derive(Debug)]
pub enum Action<'gc> {
    /// Return the values left with the call.
    Return,
    /// Call the first value left with the call with the others, and return what it returns. The native, or
    /// the sequence, is done.
    TailCall,
    /// Call the first value left with the call with the others, then poll the sequence with the results.
    CallThen(Box<dyn Sequence<'gc> + 'gc>),
    /// Call the first value left with the call with the others, and return `true` and what it returns, or `false` and
    /// the error.
    CallProtected,
    /// Poll the sequence, with the values left with the call.
    Start(Box<dyn Sequence<'gc> + 'gc>),
    /// For a sequence only: call the first value left with the call with the others, then poll again with
    /// the results.
    Call,
    /// For a sequence only: poll again, with the values left with the call, when there is fuel.
    Pause,
    /// Yield the values left with the call from the running coroutine. A sequence is polled again with the
    /// values of the resume; for a native function they are its results.
    Yield,
    /// Resume a coroutine with the values left with the call, then poll the sequence with what it yields or
    /// returns; the sequence finds the coroutine by [`Call::resumed`].
    ResumeThen(Thread<'gc>, Box<dyn Sequence<'gc> + 'gc>),
    /// Resume a coroutine with the values left with the call, and return what it yields or returns, as [`Pass`] says.
    ResumeAndPass(Thread<'gc>, Pass),
    /// Suspend the whole task, from however deep, and show the values left with the call to the host. What
    /// the host resumes it with comes back as with [`Action::Yield`].
    Suspend,
    /// For a sequence only: resume a coroutine with the values left with the call, then poll again with what
    /// it yields or returns.
    Resume(Thread<'gc>),
    /// For a sequence only: close the running coroutine's next to-be-closed variable with this error, then
    /// poll again; if there is none, the sequence is done.
    CloseNext(Value<'gc>),
}

/// What a native function returns of what a coroutine yields or returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// All of it.
    Values,
    /// `true`, then all of it.
    StatusAndValues,
}

/// What goes on in a native function over several steps.
pub trait Sequence<'gc>: DynCollect<'gc> {
    /// The name under which tracebacks show it.
    fn name(&self) -> &'static str;

    /// Does the next step. `call` holds the values that came back: the arguments at first, then the results
    /// of the call, the values of the resume.
    ///
    /// # Errors
    /// Whatever the step raises; the sequence is then done.
    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>>;

    /// Whether errors in the call it made come to [`Sequence::caught`] rather than ending it.
    fn catches(&self) -> bool {
        false
    }

    /// Does the next step after the call it made has failed.
    ///
    /// # Errors
    /// The error, if it is to go on its way, or another.
    fn caught(&mut self, _call: &mut Call<'_, 'gc>, error: Raised<'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        Err(error)
    }

    /// A function that gets the error's value where it was raised, with the stack still whole, and whose
    /// result takes the value's place: the message handler of `xpcall`.
    fn handler(&self) -> Option<Value<'gc>> {
        None
    }

    /// Shows the values that it keeps, for a measure of who holds how much memory. The collector finds them by itself.
    /// What a script can hide something big in should say so; code and what the machine keeps for all need not.
    fn each_value(&self, _see: &mut dyn FnMut(Value<'gc>)) {}

    /// Whether an error that comes to [`Sequence::caught`] should carry a traceback.
    fn wants_traceback(&self) -> bool {
        false
    }
}

dyn_collect!(dyn Sequence<'gc> + 'gc);

impl<'gc> std::fmt::Debug for dyn Sequence<'gc> + 'gc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// A call in progress, as a native function sees it.
pub struct Call<'a, 'gc> {
    /// The arena and its roots.
    pub ctx: Context<'gc>,
    /// What the host passed to this step; natives downcast it.
    pub host: &'a mut dyn Any,
    pub(super) stack: &'a mut Vec<Value<'gc>>,
    pub(super) control: &'a Control<'gc>,
    pub(super) callee: Option<Native<'gc>>,
    pub(super) resumed: Option<Thread<'gc>>,
    pub(super) base: usize,
    pub(super) count: usize,
    /// Where a caller in Lua wants the first result: one that is left there need not be moved.
    pub(super) home: usize,
    pub(super) out: usize,
    pub(super) out_count: usize,
    pub(super) fuel: &'a mut i64,
}

impl<'gc> Call<'_, 'gc> {
    /// The number of arguments.
    #[inline]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are no arguments.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The arguments.
    #[inline]
    pub fn args(&self) -> &[Value<'gc>] {
        self.stack.get(self.base..self.base + self.count).unwrap_or_default()
    }

    /// The argument at `index`, counted from 0; nil where there is none.
    #[inline(always)]
    pub fn arg(&self, index: usize) -> Value<'gc> {
        if index < self.count { self.stack.get(self.base + index).copied().unwrap_or_default() } else { Value::Nil }
    }

    /// Where the argument at `index` lies, if there is one.
    #[inline(always)]
    pub fn peek(&self, index: usize) -> Option<&Value<'gc>> {
        if index < self.count { self.stack.get(self.base + index) } else { None }
    }

    /// The argument at `index`, if there is one.
    #[inline]
    pub fn get(&self, index: usize) -> Option<Value<'gc>> {
        (index < self.count).then(|| self.arg(index))
    }

    /// The native function that runs, or whose sequence does.
    pub fn callee(&self) -> Option<Native<'gc>> {
        self.callee
    }

    /// The value the native keeps at `index`.
    #[inline]
    pub fn upvalue(&self, index: usize) -> Value<'gc> {
        self.callee.map_or(Value::Nil, |native| native.upvalue(index))
    }

    /// The coroutine that the sequence resumed last.
    pub fn resumed(&self) -> Option<Thread<'gc>> {
        self.resumed
    }

    /// What new code should have for its globals: the table of globals; or where that is read-only, so that scripts
    /// have environments of their own, the environment of the script that makes the call.
    pub fn environment(&self) -> Value<'gc> {
        const LEVELS_MAX: usize = 64;
        let globals = self.ctx.globals();
        if !globals.is_frozen() {
            return Value::Table(globals);
        }
        let closures = self.control.frames.iter().rev().take(LEVELS_MAX).filter_map(|frame| frame.closure);
        let mut environments = closures.filter_map(|closure| {
            let index = closure.proto().upvalues.iter().position(|upvalue| &*upvalue.name == "_ENV")?;
            closure.upvalue(index).map(|(_, value)| value)
        });
        environments.next().unwrap_or(Value::Table(globals))
    }

    /// The coroutine that runs.
    pub fn thread(&self) -> Option<Thread<'gc>> {
        self.control.running()
    }

    /// Whether the coroutine that runs may yield: it may unless it is a task's own, which only the host
    /// resumes.
    pub fn is_yieldable(&self) -> bool {
        self.control.is_yieldable()
    }

    /// The call stack as text, without its innermost `level` functions, of which this one is the first.
    pub fn traceback(&self, level: usize) -> String {
        self.control.levels(self.callee).traceback(self.ctx, level)
    }

    /// The position of the function at `level` as `file:line: `, or nothing; 1 is the caller.
    pub fn position(&self, level: i64) -> String {
        self.control.position(level)
    }

    /// Charges fuel: one unit for about an instruction's worth of work. Charge before the work is done.
    #[inline]
    pub fn charge(&mut self, units: usize) {
        *self.fuel = self.fuel.saturating_sub(i64::try_from(units).unwrap_or(i64::MAX));
    }

    /// Whether the fuel is used up. A sequence should then return [`Action::Pause`] at the next good point.
    #[inline]
    pub fn is_out_of_fuel(&self) -> bool {
        *self.fuel <= 0
    }

    // -- results -------------------------------------------------------------------------------------

    /// Returns nothing.
    ///
    /// # Errors
    /// Never: the result's type saves callers an `Ok`.
    #[inline]
    pub fn ret0(&mut self) -> Result<Action<'gc>, Raised<'gc>> {
        self.out_count = 0;
        Ok(Action::Return)
    }

    /// Returns one value.
    ///
    /// # Errors
    /// Never: the result's type saves callers an `Ok`.
    #[inline(always)]
    pub fn ret1(&mut self, value: impl Into<Value<'gc>>) -> Result<Action<'gc>, Raised<'gc>> {
        if let Some(slot) = self.stack.get_mut(self.home) {
            *slot = value.into();
        }
        (self.out, self.out_count) = (self.home, 1);
        Ok(Action::Return)
    }

    /// Returns several values.
    ///
    /// # Errors
    /// Never: the result's type saves callers an `Ok`.
    #[inline]
    pub fn ret(&mut self, values: &[Value<'gc>]) -> Result<Action<'gc>, Raised<'gc>> {
        self.leave(values);
        Ok(Action::Return)
    }

    /// Returns the arguments from `from` on.
    ///
    /// # Errors
    /// Never: the result's type saves callers an `Ok`.
    pub fn ret_args(&mut self, from: usize) -> Result<Action<'gc>, Raised<'gc>> {
        self.leave_args(from);
        Ok(Action::Return)
    }

    /// Leaves these values with the call.
    #[inline(always)]
    pub fn leave(&mut self, values: &[Value<'gc>]) {
        self.out = self.base;
        self.out_count = values.len();
        self.make_room(values.len());
        if let Some(room) = self.stack.get_mut(self.base..self.base + values.len()) {
            room.copy_from_slice(values);
        }
    }

    /// Leaves the arguments from `from` on with the call, where they are.
    pub fn leave_args(&mut self, from: usize) {
        let from = from.min(self.count);
        self.out = self.base + from;
        self.out_count = self.count - from;
    }

    /// Adds a value behind those left with the call so far. Begin with [`Call::leave`] or
    /// [`Call::leave_args`].
    #[inline]
    pub fn push(&mut self, value: impl Into<Value<'gc>>) {
        let end = self.out + self.out_count;
        let room = (end + 1).saturating_sub(self.base);
        self.make_room(room);
        if let Some(slot) = self.stack.get_mut(end) {
            *slot = value.into();
            self.out_count += 1;
        }
    }

    /// Makes sure that so many values fit behind the call's base.
    fn make_room(&mut self, count: usize) {
        if self.stack.len() < self.base + count {
            self.stack.resize(self.base + count + 256, Value::Nil);
        }
    }
}

impl std::fmt::Debug for Call<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call").field("args", &self.args()).finish_non_exhaustive()
    }
}

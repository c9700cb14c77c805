//! The machine: it drives coroutines step by step and owns what they share while they run.
//!
//! There is one register stack and one list of frames. The coroutine that a host resumes lies at the bottom,
//! one that it resumes lies on top of it, and so on; each has a mark in `active`. Control never nests on the
//! Rust stack: every part of the machine ends by saying what is [`Next`], and [`Machine::drive`] does that.
//!
//! Between two visits the stack holds nothing: what was running has been saved into its coroutine. So the
//! collector sees no stale registers, and any number of tasks can be paused in the middle.
#![expect(
    clippy::cast_possible_truncation,
    reason = "the limits of the stacks keep positions and counts far below 2^32"
)]

use std::any::Any;

use gc_arena::Collect;

use super::context::Context;
use super::error::{Cause, Fault, Raised};
use super::execute::execute;
use super::function::{Closure, Native};
use super::natives::{Natives, Passing};
use super::sequence::{Action, Call, Sequence};
use super::step::{Next, Step};
use super::switch::not_resumable;
use super::thread::{Awaited, Frame, NativeState, Pending, Status, Thread};
use super::value::Value;

/// Slots that are always there above a frame's base, so that its window never ends early: one for each register that
/// an instruction can name, and a few for a metamethod's call behind the frame's last.
pub(super) const WINDOW: usize = 264;

/// The most slots the register stack may have in use.
const STACK_MAX: usize = 1_000_000;

/// Below this height a call needs no look at [`STACK_MAX`]: no frame with its arguments is so big.
pub(super) const STACK_CHECKED: usize = 900_000;

/// How deeply native functions may call each other: PUC-Rio's limit of C levels, less what it takes itself.
pub(super) const NATIVE_DEPTH_MAX: usize = 197;

/// What message handlers may use beyond the limits, for errors about the limits themselves: slots, frames and
/// levels of natives.
const HANDLER_SLOTS: usize = 1000;
const HANDLER_FRAMES: usize = 200;
const HANDLER_DEPTH: usize = 20;

/// The most frames there may be.
pub(super) const FRAMES_MAX: usize = 200_000;

/// How far a resumed coroutine got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It returned; the results are its values. It is dead now.
    Finished,
    /// It yielded; the results are what it yielded.
    Yielded,
    /// A native function suspended the whole task, from however deep; the results are what it left.
    Suspended,
    /// The fuel ran out. Resume it again to go on; arguments are ignored then.
    OutOfFuel,
}

/// What runs, and all it needs to.
#[derive(Collect, Default)]
#[collect(no_drop)]
pub struct Machine<'gc> {
    pub(super) stack: Vec<Value<'gc>>,
    pub(super) control: Control<'gc>,
    /// What the step may still use up.
    pub(super) fuel: i64,
    /// Values on their way to another coroutine; empty between steps.
    pub(super) transfer: Vec<Value<'gc>>,
    /// Whether the stack was used since it was last cleared.
    is_used: bool,
    /// The native function that has just yielded and has no frame.
    pub(super) yielder: Option<Native<'gc>>,
}

/// The call stack.
#[derive(Collect, Default)]
#[collect(no_drop)]
pub(super) struct Control<'gc> {
    pub(super) frames: Vec<Frame<'gc>>,
    /// The states of the native functions among the frames; each frame knows its place here.
    pub(super) natives: Natives<'gc>,
    #[collect(require_static)]
    pub(super) to_close: Vec<u32>,
    pub(super) active: Vec<Active<'gc>>,
}

/// A running coroutine's mark: where its part of the stacks begins.
#[derive(Collect, Clone, Copy)]
#[collect(no_drop)]
pub(super) struct Active<'gc> {
    pub(super) thread: Thread<'gc>,
    pub(super) stack: usize,
    pub(super) frames: usize,
    pub(super) natives: usize,
    pub(super) to_close: usize,
}

impl<'gc> Context<'gc> {
    /// Resumes a coroutine from the host.
    ///
    /// It runs until it returns, yields, is suspended, fails, or has used up `fuel`. `results` is cleared and
    /// then holds the values that [`Progress`] speaks of.
    ///
    /// # Errors
    /// Whatever the coroutine raises; it is dead then. Also if it cannot be resumed, or if the machine is
    /// already running, which is so for natives.
    pub fn resume(
        self,
        thread: Thread<'gc>,
        args: &[Value<'gc>],
        host: &mut dyn Any,
        fuel: &mut i64,
        results: &mut Vec<Value<'gc>>,
    ) -> Result<Progress, Raised<'gc>> {
        results.clear();
        let Ok(mut machine) = self.state().machine.try_borrow_mut(self.mc()) else {
            return Err(Raised::message("a native function cannot resume a task: the machine is running"));
        };
        if let Some(message) = not_resumable(thread) {
            return Err(Raised::value(self.text(message)));
        }
        machine.is_used = true;
        machine.transfer.clear();
        machine.transfer.extend_from_slice(args);
        machine.fuel = *fuel;
        let mut step = Step::new(self, host, results);
        let next = machine.activate(&mut step, thread, 0);
        let outcome = machine.drive(&mut step, next);
        *fuel = machine.fuel;
        outcome
    }

    /// Ends the visit.
    pub fn leave(self) {
        if !self.state().upgraded.get().is_nil() {
            self.state().upgraded.set(self.mc(), Value::Nil);
        }
    }

    /// Clears the register stack if something has run, so that it keeps nothing alive. The collector needs that before
    /// it works, and nobody else does: to clear it after each visit was half of what a short one took (a task that
    /// yields at once was resumed in 162 ns rather than 79, 2026-11-22).
    pub fn clear_stack(self) {
        if self.state().machine.borrow().is_used {
            self.state().machine.borrow_mut(self.mc()).clear_stack();
        }
    }

    /// Ends a coroutine: runs what it has still to close, then it is dead.
    ///
    /// # Errors
    /// As [`Context::resume`]; the error of a `__close` metamethod among them.
    pub fn close(
        self,
        thread: Thread<'gc>,
        host: &mut dyn Any,
        fuel: &mut i64,
        results: &mut Vec<Value<'gc>>,
    ) -> Result<Progress, Raised<'gc>> {
        if thread.is_at_rest() && thread.state().to_close.is_empty() {
            thread.kill(self);
            results.clear();
            return Ok(Progress::Finished);
        }
        thread.prepare_close(self)?;
        self.resume(thread, &[], host, fuel, results)
    }
}

/// Puts what is known about a variable where the message says `{}`, or at its end.
fn with_variable(message: &str, variable: &str) -> String {
    match message.split_once("{}") {
        Some((before, after)) => format!("{before}{variable}{after}"),
        None => format!("{message}{variable}"),
    }
}

impl<'gc> Machine<'gc> {
    fn drive(&mut self, step: &mut Step<'_, 'gc>, mut next: Next) -> Result<Progress, Raised<'gc>> {
        loop {
            next = match next {
                Next::Run if step.ctx.has_hooks() && self.hook(step.ctx).is_some() => execute::<true>(self, step),
                Next::Run => execute::<false>(self, step),
                Next::Call => self.call(step),
                Next::Deliver => self.deliver(step),
                Next::Raise => self.unwind(step),
                Next::Resume => self.resume(step),
                Next::Yield => self.yield_values(step),
                Next::Suspend => {
                    let (start, count) = step.values();
                    let values = self.stack.get(start..start + count).unwrap_or_default();
                    step.results.extend_from_slice(values);
                    self.save_all(step.ctx);
                    step.leave(Progress::Suspended)
                }
                Next::Pause => {
                    self.drop_locals_to_be();
                    self.save_all(step.ctx);
                    step.leave(Progress::OutOfFuel)
                }
                Next::Leave => return step.outcome(),
            }
        }
    }

    /// A function that was only just entered has nothing but its parameters.
    fn drop_locals_to_be(&mut self) {
        if let Some(&Frame { closure: Some(closure), base, pc: 0, .. }) = self.control.frames.last() {
            self.drop_registers(base as usize + usize::from(closure.code().params));
        }
    }

    /// Clears what visits left on the stack.
    fn clear_stack(&mut self) {
        const KEPT: usize = 4 * WINDOW;
        if self.stack.len() > KEPT {
            self.stack.truncate(KEPT);
            self.stack.shrink_to(KEPT);
        }
        self.stack.fill(Value::Nil);
        self.is_used = false;
    }

    /// The end of the values that the frame on top still needs.
    pub(super) fn live_top(&self) -> usize {
        let start = self.control.active.last();
        if start.is_some_and(|active| active.frames == self.control.frames.len()) {
            return start.map_or(0, |active| active.stack);
        }
        let Some(frame) = self.control.frames.last() else { return 0 };
        let base = frame.base as usize;
        let Some(closure) = frame.closure else {
            return base + self.control.natives.last().map_or(0, |native| native.held as usize);
        };
        let whole = base + usize::from(closure.code().max_stack);
        match frame.pending.get() {
            Pending::Results { to, .. } => base + usize::from(to.0),
            Pending::Run { top } | Pending::Again { top } => whole.max(base + top as usize),
            _ => whole,
        }
    }

    // -- errors --------------------------------------------------------------------------------------

    /// Completes an error with what only the machine knows.
    pub(super) fn complete(&self, ctx: Context<'gc>, raised: Raised<'gc>, native: Option<&str>) -> Raised<'gc> {
        let message = match raised.cause() {
            Cause::Value(_) | Cause::Fault(_) => return raised,
            Cause::Level { value: Value::String(text), level } if *level > 0 => {
                let mut message = self.control.position(*level).into_bytes();
                if message.is_empty() {
                    let value = Value::String(*text);
                    return raised.completed(value);
                }
                ctx.pay_for_copy(text.len());
                message.extend_from_slice(text.as_bytes());
                let value = Value::String(ctx.string_from(message));
                return raised.completed(value);
            }
            Cause::Level { value, .. } => {
                let value = *value;
                return raised.completed(value);
            }
            Cause::Message(message) => message.clone(),
            Cause::Argument { index, message } => self.control.argument_message(*index, message, native),
            Cause::Operand { message, operand } => match self.control.frames.last() {
                Some(frame) => with_variable(message, &super::describe::variable_info(frame, *operand)),
                None => with_variable(message, ""),
            },
        };
        let value = ctx.text(self.control.position(1) + &message);
        raised.completed(value)
    }

    /// Takes an error to whoever catches it in the topmost coroutine, closing on the way what is to be closed;
    /// if nobody does, the coroutine dies and its resumer gets the error.
    fn unwind(&mut self, step: &mut Step<'_, 'gc>) -> Next {
        let ctx = step.ctx;
        let Some(mut raised) = step.take_raised() else { return Next::Pause };
        let Some(active) = self.control.active.last().copied() else { return step.fail(raised) };
        let catch = self.catching_frame(active.frames, &raised);
        if let Some((_, Some(handler))) = catch
            && !raised.is_handled()
        {
            return self.call_handler(step, handler, &raised);
        }
        let wants_traceback = match catch {
            Some((at, _)) => self.control.native_at(at).is_some_and(|native| native.sequence.wants_traceback()),
            None => active
                .frames
                .checked_sub(1)
                .is_none_or(|at| self.control.native_at(at).is_some_and(|native| native.sequence.wants_traceback())),
        };
        // Once in each coroutine: the error comes by again behind each variable that is closed for it.
        if wants_traceback && !raised.is_traced() {
            raised.add_traceback(&self.control.levels(None).traceback(ctx, 0));
        }
        let is_outermost = self.control.active.len() == 1;
        let closes = catch.is_some() || is_outermost || active.thread.state().is_closing;
        let limit = match catch {
            Some((at, _)) => {
                self.control.truncate(at + 1);
                self.control.frames.last().map_or(active.stack, |frame| frame.base as usize)
            }
            None => {
                // A coroutine that dies of its error keeps its frames, to show where it died.
                if closes {
                    self.control.truncate(active.frames);
                }
                active.stack
            }
        };
        if closes
            && raised.as_fault().is_none_or(|fault| fault.closes(is_outermost))
            && let Some(value) = self.pop_to_close(limit)
        {
            return self.call_close(step, value, raised);
        }
        match catch {
            Some(_) => self.catch(step, raised),
            None => {
                // `coroutine.close` reports an error once: what is being closed does not die of it.
                let is_closing = active.thread.state().is_closing;
                self.bury(ctx, (!is_closing).then(|| raised.to_value(ctx)));
                match self.control.running() {
                    None => step.fail(raised),
                    Some(resumer) => {
                        resumer.set_status(Status::Running);
                        step.raise(raised.in_resumer())
                    }
                }
            }
        }
    }

    /// The frame that catches the error, with its message handler.
    fn catching_frame(&self, floor: usize, raised: &Raised<'gc>) -> Option<(usize, Option<Value<'gc>>)> {
        if raised.as_fault().is_some() {
            return None;
        }
        let at = (floor..self.control.frames.len())
            .rev()
            .find(|at| self.control.native_at(*at).is_some_and(|native| native.sequence.catches()))?;
        Some((at, self.control.native_at(at).and_then(|native| native.sequence.handler())))
    }

    /// Calls a message handler on top of the stack as it is; the error goes on with its result.
    fn call_handler(&mut self, step: &mut Step<'_, 'gc>, handler: Value<'gc>, raised: &Raised<'gc>) -> Next {
        let base = self.live_top();
        self.push_call(base, &[handler, raised.to_value(step.ctx)]);
        let handling = NativeState { is_handler: true, ..NativeState::new(Box::new(Handling), None) };
        self.control.push_native(handling, base);
        step.call(base, 1)
    }

    /// The to-be-closed variable that is to be closed next, if there is one at or above stack position `limit`.
    pub(super) fn pop_to_close(&mut self, limit: usize) -> Option<(usize, Value<'gc>)> {
        let floor = self.control.active.last().map_or(0, |active| active.to_close);
        let at = *self.control.to_close.last().filter(|at| **at as usize >= limit)? as usize;
        if self.control.to_close.len() <= floor {
            return None;
        }
        self.control.to_close.pop();
        Some((at, self.stack.get(at).copied().unwrap_or_default()))
    }

    /// Calls the `__close` metamethod of a variable for an error; the error then goes on.
    fn call_close(&mut self, step: &mut Step<'_, 'gc>, (at, value): (usize, Value<'gc>), raised: Raised<'gc>) -> Next {
        let method = step.ctx.metamethod(value, super::meta::Event::Close);
        // To leave the program is no error that a variable could be told of.
        let error = if raised.is_exit() { Value::Nil } else { raised.to_value(step.ctx) };
        self.push_call(at + 1, &[method, value, error]);
        let unwinding = Box::new(Unwinding { raised: Some(raised) });
        self.control.push_native(NativeState::new(unwinding, None), at + 1);
        step.call(at + 1, 2)
    }

    /// Moves values on the stack, mostly few and down.
    #[inline]
    pub(super) fn move_values(&mut self, from: usize, to: usize, count: usize) {
        const FEW: usize = 4;
        if from == to || count == 0 {
            return;
        }
        if count > FEW || to > from && to < from + count {
            self.stack.copy_within(from..from + count, to);
            return;
        }
        for at in 0..count {
            self.move_value(from + at, to + at);
        }
    }

    /// Moves a value on the stack. It may have been made an instant ago, hence [`Value::hand_to`] (2026-11-23: `varargs` 1.07
    /// -> 1.02 of PUC-Rio's time).
    #[inline]
    pub(super) fn move_value(&mut self, from: usize, to: usize) {
        if let Ok([source, target]) = self.stack.get_disjoint_mut([from, to]) {
            source.hand_to(|value| *target = value);
        }
    }

    /// Puts values on the stack at `at`.
    pub(super) fn push_call(&mut self, at: usize, values: &[Value<'gc>]) {
        self.reserve(at + values.len());
        if let Some(room) = self.stack.get_mut(at..at + values.len()) {
            room.copy_from_slice(values);
        }
    }

    /// Makes sure that the stack goes on for a window and more beyond `end`.
    #[inline]
    pub(super) fn reserve(&mut self, end: usize) {
        if self.stack.len() < end + 2 * WINDOW {
            self.grow_stack(end);
        }
    }

    #[cold]
    fn grow_stack(&mut self, end: usize) {
        self.stack.resize((end + 2 * WINDOW).max(end + end / 2), Value::Nil);
    }

    /// Fails if a call with so many values from `end` on would make the stack too high.
    #[inline]
    pub(super) fn check_depth(&self, ctx: Context<'gc>, end: usize) -> Result<(), Raised<'gc>> {
        if end > STACK_MAX || self.control.frames.len() > FRAMES_MAX { self.overflow(ctx, end) } else { Ok(()) }
    }

    #[cold]
    fn overflow(&self, ctx: Context<'gc>, end: usize) -> Result<(), Raised<'gc>> {
        let count = self.control.frames.len();
        if !self.control.is_handling_overflow() {
            Err(Raised::message("stack overflow"))
        } else if end > STACK_MAX + HANDLER_SLOTS || count > FRAMES_MAX + HANDLER_FRAMES {
            Err(Raised::from_handler(ctx))
        } else {
            Ok(())
        }
    }

    /// Fails if native functions call each other too deeply. A message handler may still be called for that very
    /// error, and for its own errors, until there is no room for that either.
    #[cold]
    pub(super) fn check_native_depth(&self, ctx: Context<'gc>) -> Result<(), Raised<'gc>> {
        let depth = self.control.natives.len();
        let beyond = self.control.natives.get(NATIVE_DEPTH_MAX..).unwrap_or_default();
        if depth <= NATIVE_DEPTH_MAX + 1 || !beyond.iter().any(|native| native.is_handler) {
            Err(Raised::message("C stack overflow"))
        } else if depth > NATIVE_DEPTH_MAX + HANDLER_DEPTH {
            Err(Raised::from_handler(ctx))
        } else {
            Ok(())
        }
    }
}

impl<'gc> Control<'gc> {
    /// Adds a Lua function's frame.
    #[inline(always)]
    pub(super) fn push_lua(&mut self, closure: Closure<'gc>, place: (usize, usize, usize), pending: Pending) {
        self.push_awaiting(closure, place, Awaited::new(pending));
    }

    /// Adds a Lua function's frame with what it awaits.
    #[inline(always)]
    pub(super) fn push_awaiting(&mut self, closure: Closure<'gc>, place: (usize, usize, usize), pending: Awaited) {
        let (base, pc, extra) = place;
        if self.frames.len() == self.frames.capacity() {
            self.grow_frames();
        }
        self.frames.push(Frame {
            closure: Some(closure),
            base: base as u32,
            pc: pc as u32,
            extra: extra as u32,
            pending,
        });
    }

    #[cold]
    #[inline(never)]
    fn grow_frames(&mut self) {
        self.frames.reserve(16);
    }

    /// Adds a frame that rested, `up` higher on the stack and with its native's state `natives` further on.
    #[inline(always)]
    pub(super) fn push_moved(&mut self, frame: &Frame<'gc>, up: u32, natives: u32) {
        if self.frames.len() == self.frames.capacity() {
            self.grow_frames();
        }
        self.frames.push(Frame {
            closure: frame.closure,
            base: frame.base.wrapping_add(up),
            pc: frame.pc + natives,
            extra: frame.extra,
            pending: frame.pending,
        });
    }

    /// Adds a native function's frame.
    pub(super) fn push_native(&mut self, native: NativeState<'gc>, base: usize) {
        self.push_native_frame(base);
        self.natives.push(native);
    }

    /// Adds the frame of a native function that passes on what comes back.
    #[inline(always)]
    pub(super) fn push_passing(
        &mut self,
        passing: Passing,
        callee: Native<'gc>,
        resumed: Option<Thread<'gc>>,
        base: usize,
    ) {
        self.push_native_frame(base);
        self.natives.push_passing(passing, callee, resumed);
    }

    #[inline(always)]
    fn push_native_frame(&mut self, base: usize) {
        if self.frames.len() == self.frames.capacity() {
            self.grow_frames();
        }
        let (pc, pending) = (self.natives.len() as u32, Awaited::new(Pending::Discard));
        self.frames.push(Frame { closure: None, base: base as u32, pc, extra: 0, pending });
    }

    /// Takes the native function's frame on top.
    pub(super) fn pop_native(&mut self) -> Option<(NativeState<'gc>, usize)> {
        let native = self.natives.pop()?;
        self.frames.pop().map(|frame| (native, frame.base as usize))
    }

    /// The state and the base of the native function on top.
    #[inline]
    pub(super) fn native_on_top(&self) -> Option<(&NativeState<'gc>, usize)> {
        Some((self.natives.last()?, self.frames.last()?.base as usize))
    }

    /// Takes the native function on top off the stack but for its state, whose place keeps all but the sequence: that is
    /// polled, and is then taken back or completed.
    #[inline]
    pub(super) fn lend(&mut self) -> Option<Box<dyn Sequence<'gc> + 'gc>> {
        self.frames.pop();
        self.natives.lend()
    }

    /// Puts the native function back whose sequence was lent.
    #[inline]
    pub(super) fn take_back(&mut self, sequence: Box<dyn Sequence<'gc> + 'gc>, base: usize) {
        self.push_native_frame(base);
        self.natives.take_back(sequence);
    }

    /// The state of the native function whose frame is at `at`, if it is one's.
    pub(super) fn native_at(&self, at: usize) -> Option<&NativeState<'gc>> {
        let frame = self.frames.get(at)?;
        if frame.closure.is_none() { self.natives.get(frame.pc as usize) } else { None }
    }

    /// Whether a message handler runs that was called when the stack was at its limit.
    fn is_handling_overflow(&self) -> bool {
        let is_late = |at: usize, frame: &Frame<'gc>| {
            at + HANDLER_FRAMES >= FRAMES_MAX || frame.base as usize + HANDLER_SLOTS >= STACK_MAX
        };
        let mut late = self.frames.iter().enumerate().rev().take_while(|(at, frame)| is_late(*at, frame));
        late.any(|(at, _)| self.native_at(at).is_some_and(|native| native.is_handler))
    }

    /// Drops the frames above the first `count`.
    pub(super) fn truncate(&mut self, count: usize) {
        let first = self.frames.get(count..).unwrap_or_default().iter().find(|frame| frame.closure.is_none());
        if let Some(first) = first {
            self.natives.truncate(first.pc as usize);
        }
        self.frames.truncate(count);
    }

    /// The coroutine that runs.
    pub(super) fn running(&self) -> Option<Thread<'gc>> {
        self.active.last().map(|active| active.thread)
    }

    pub(super) fn is_yieldable(&self) -> bool {
        self.active.last().is_some_and(|active| {
            let state = active.thread.state();
            if self.active.len() > 1 { !state.is_closing } else { !state.is_main }
        })
    }
}

/// Waits for a message handler, then lets the error go on with what it returned. The handler's own errors are handled
/// as any other below the same `xpcall`: by the handler.
#[derive(Collect)]
#[collect(require_static)]
struct Handling;

impl<'gc> Sequence<'gc> for Handling {
    fn name(&self) -> &'static str {
        "message handler"
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        Err(Raised::value(call.arg(0)).handled())
    }
}

/// Waits for a `__close` metamethod, then lets the error go on.
#[derive(Collect)]
#[collect(no_drop)]
struct Unwinding<'gc> {
    raised: Option<Raised<'gc>>,
}

impl<'gc> Sequence<'gc> for Unwinding<'gc> {
    fn name(&self) -> &'static str {
        "close"
    }

    fn poll(&mut self, _call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        Err(self.raised.take().unwrap_or_else(|| Raised::fault(Fault::Cancelled)).handled())
    }

    fn catches(&self) -> bool {
        self.raised.as_ref().is_some_and(Raised::is_exit)
    }

    /// An error in the metamethod does not keep the program from its end.
    fn caught(&mut self, call: &mut Call<'_, 'gc>, _error: Raised<'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        self.poll(call)
    }
}

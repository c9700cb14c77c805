//! How coroutines change places: resuming, yielding, ending.
//!
//! The things of a coroutine that rests are its own: values, frames, states of natives. To run, it is laid on the
//! machine's stacks above the one that resumed it; to rest, it is taken off, as many values as are live. Positions
//! are counted from the coroutine's own start while it rests.
//!
//! A Lua function that resumes or yields by the library's own functions needs nothing but that: the loop calls
//! [`Machine::switch`], and goes on with the frame that is then on top. All else goes the way of any native function
//! that asks for an [`Action`], and says what is [`Next`].
#![expect(
    clippy::cast_possible_truncation,
    reason = "the limits of the stacks keep positions and counts far below 2^32"
)]

use gc_arena::Collect;

use super::context::Context;
use super::error::Raised;
use super::executor::{Active, FRAMES_MAX, Machine, NATIVE_DEPTH_MAX, Progress, STACK_CHECKED};
use super::function::{Intrinsic, Native};
use super::sequence::{Action, Call, Pass, Sequence};
use super::step::{Next, Step};
use super::thread::{Awaited, Frame, NativeState, Pending, Status, Thread, ThreadState};
use super::value::Value;

/// How deeply coroutines may resume each other; PUC-Rio's limit of C calls.
const RESUME_DEPTH_MAX: usize = 197;

/// Above so many values a coroutine at the bottom takes the whole stack with it rather than a copy of its part.
const SWAPPED_MIN: usize = 4096;

/// What a coroutine at rest keeps without being charged for more than its object.
const SMALL_THREAD_BYTES: usize = 512;

/// A coroutine that dies of an error keeps at most so many frames.
const DEAD_FRAMES_MAX: usize = 4096;

/// To move so many values costs one unit of fuel.
const MOVED_PER_FUEL: usize = 16;

pub(super) fn not_resumable(thread: Thread<'_>) -> Option<&'static str> {
    match thread.status() {
        Status::Suspended => None,
        Status::Dead => Some("cannot resume dead coroutine"),
        Status::Running | Status::Normal => Some("cannot resume non-suspended coroutine"),
    }
}

impl<'gc> Machine<'gc> {
    // -- within the loop -----------------------------------------------------------------------------

    /// Resumes a coroutine for the Lua function whose frame is on top, yields from it, or makes a protected call, if
    /// that is what `native` does and nothing else has to be thought of. What is next then; else nothing has changed.
    #[inline(never)]
    pub(super) fn switch(
        &mut self,
        step: &mut Step<'_, 'gc>,
        native: Native<'gc>,
        func: usize,
        count: usize,
    ) -> Option<Next> {
        if step.ctx.has_hooks() {
            return None;
        }
        let args = func + 1;
        match native.kind() {
            Intrinsic::Yield => {
                if self.control.active.len() <= 1 {
                    return None;
                }
                self.yielder = Some(native);
                Some(self.yield_to_resumer(step, args, count))
            }
            Intrinsic::Resume => match self.stack.get(args) {
                Some(&Value::Thread(thread)) if count > 0 => {
                    self.lay_on(step, native, thread, Pass::StatusAndValues, (args + 1, count - 1))
                }
                _ => None,
            },
            Intrinsic::ResumeWrapped => match native.upvalue(0) {
                Value::Thread(thread) => self.lay_on(step, native, thread, Pass::Values, (args, count)),
                _ => None,
            },
            Intrinsic::Pcall => self.call_protected(step, native, args, count),
            _ => None,
        }
    }

    /// Calls the Lua function at `args` with the values above it; an error becomes a result.
    #[inline]
    fn call_protected(
        &mut self,
        step: &mut Step<'_, 'gc>,
        native: Native<'gc>,
        args: usize,
        count: usize,
    ) -> Option<Next> {
        let Some(&Value::Closure(closure)) = self.stack.get(args) else { return None };
        if count == 0 || self.control.natives.len() >= NATIVE_DEPTH_MAX {
            return None;
        }
        self.control.push_native_made(|| Protected::state(Some(native)), args);
        Some(self.call_closure(step, closure, args, count - 1))
    }

    /// Resumes a coroutine that has not begun, or that rests in a Lua function that yielded, with the `count` values at
    /// `args`, above which nothing is alive.
    #[inline]
    fn lay_on(
        &mut self,
        step: &mut Step<'_, 'gc>,
        native: Native<'gc>,
        thread: Thread<'gc>,
        pass: Pass,
        (args, count): (usize, usize),
    ) -> Option<Next> {
        let at = args + count;
        if thread.status() != Status::Suspended
            || self.control.active.len() >= RESUME_DEPTH_MAX
            || self.control.natives.len() >= NATIVE_DEPTH_MAX
            || self.control.frames.len() >= FRAMES_MAX
            || at >= STACK_CHECKED
        {
            return None;
        }
        let mut state = thread.state_mut(step.ctx);
        let waiting = match state.frames.last() {
            Some(frame) => match frame.pending.get() {
                Pending::Results { to, want } if frame.closure.is_some() => Some((to, want)),
                _ => return None,
            },
            None if matches!(&*state.values, [Value::Closure(_)]) && state.to_close.is_empty() => None,
            None => return None,
        };
        if let Some(resumer) = self.control.running() {
            resumer.set_status(Status::Normal);
        }
        let passing = || NativeState {
            resumed: Some(thread),
            pass: Some(pass),
            ..NativeState::new(pass.sequence(), Some(native))
        };
        self.control.push_native_made(passing, args);
        let end = self.load(&mut state, thread, at);
        drop(state);
        let Some((to, want)) = waiting else {
            self.move_values(args, end, count);
            return Some(self.call_on_top(step, at, count));
        };
        let Some(frame) = self.control.frames.last_mut() else { return Some(Next::Pause) };
        let top = if want.get().is_none() { u32::from(to.0) + count as u32 } else { 0 };
        frame.pending = Awaited::new(Pending::Run { top });
        let place = frame.base as usize + usize::from(to.0);
        self.place_results(place, want, args, count);
        Some(Next::Run)
    }

    /// Calls the value at `func`, a coroutine's function, with the values above it.
    fn call_on_top(&mut self, step: &mut Step<'_, 'gc>, func: usize, count: usize) -> Next {
        match self.stack.get(func) {
            Some(&Value::Closure(closure)) => self.call_closure(step, closure, func, count),
            _ => step.call(func, count),
        }
    }

    /// Takes the topmost coroutine off the stacks, and gives what it yields to its resumer. It costs fuel by what is
    /// moved: a loop of yields from deep within calls would else move any number of values for nothing.
    #[inline]
    fn yield_to_resumer(&mut self, step: &mut Step<'_, 'gc>, start: usize, count: usize) -> Next {
        let moved = self.save(step.ctx, Status::Suspended);
        self.fuel -= (moved / MOVED_PER_FUEL) as i64;
        if let Some(resumer) = self.control.running() {
            resumer.set_status(Status::Running);
        }
        self.deliver_to_resumer(step, start, count)
    }

    /// Gives values to a coroutine whose resumed one has just been taken off the stacks.
    #[inline]
    fn deliver_to_resumer(&mut self, step: &mut Step<'_, 'gc>, start: usize, count: usize) -> Next {
        let floor = self.control.active.last().map_or(0, |active| active.frames);
        if self.pass_on(step, floor, start, count) { Next::Run } else { step.deliver(start, count) }
    }

    // -- on and off the stacks -----------------------------------------------------------------------

    /// Puts a suspended coroutine, and those that were paused on top of it, on the stack at `at`, and hands it
    /// the values in `transfer`.
    pub(super) fn activate(&mut self, step: &mut Step<'_, 'gc>, thread: Thread<'gc>, at: usize) -> Next {
        let ctx = step.ctx;
        let yielder = thread.state().yielder;
        let has_begun = thread.state().has_begun();
        let mut end = self.load(&mut thread.state_mut(ctx), thread, at);
        let paused = std::mem::take(&mut thread.state_mut(ctx).paused);
        for inner in paused {
            if let Some(outer) = self.control.active.last() {
                outer.thread.set_status(Status::Normal);
            }
            end = self.load(&mut inner.state_mut(ctx), inner, end);
        }
        let count = self.transfer.len();
        self.reserve(end + count);
        if let Some(room) = self.stack.get_mut(end..end + count) {
            room.copy_from_slice(&self.transfer);
        }
        self.transfer.clear();
        let floor = self.control.active.last().map_or(0, |active| active.frames);
        if !has_begun {
            return step.call(at, count);
        }
        let Some(frame) = self.control.frames.last().filter(|_| self.control.frames.len() > floor) else {
            return step.deliver(end, count);
        };
        if frame.closure.is_some() {
            return match frame.pending.get() {
                Pending::Run { .. } => Next::Run,
                _ => self.return_from_native(step, yielder, (end, end, count)),
            };
        }
        match self.control.natives.last_mut() {
            Some(native) if native.is_held => {
                native.is_held = false;
                let (start, count) = (frame.base as usize, native.held as usize);
                native.held = 0;
                step.deliver(start, count)
            }
            _ => step.deliver(end, count),
        }
    }

    /// Moves one coroutine's things onto the stacks. Returns where its values end.
    #[inline(always)]
    fn load(&mut self, state: &mut ThreadState<'gc>, thread: Thread<'gc>, at: usize) -> usize {
        thread.set_status(Status::Running);
        state.yielder = None;
        let end = at + state.values.len();
        if at == 0 && end > SWAPPED_MIN {
            std::mem::swap(&mut self.stack, &mut state.values);
            self.reserve(end);
        } else {
            self.reserve(end);
            if let Some(room) = self.stack.get_mut(at..end) {
                room.copy_from_slice(&state.values);
            }
        }
        state.values.clear();
        let control = &mut self.control;
        let natives = control.natives.len();
        control.active.push(Active {
            thread,
            stack: at,
            frames: control.frames.len(),
            natives,
            to_close: control.to_close.len(),
        });
        if let [frame] = &*state.frames
            && frame.closure.is_some()
        {
            control.push_moved(frame, at as u32, 0);
        } else {
            for frame in &state.frames {
                let natives = if frame.closure.is_none() { natives as u32 } else { 0 };
                control.push_moved(frame, at as u32, natives);
            }
        }
        state.frames.clear();
        if !state.natives.is_empty() {
            control.natives.append(&mut state.natives);
        }
        if !state.to_close.is_empty() {
            control.to_close.extend(state.to_close.drain(..).map(|position| position + at as u32));
        }
        end
    }

    /// Moves the topmost coroutine's things off the stacks, as many values as are live. Returns how many words that
    /// moved, in pairs.
    #[inline(always)]
    fn save(&mut self, ctx: Context<'gc>, status: Status) -> usize {
        let live = self.live_top();
        let Some(active) = self.control.active.pop() else { return 0 };
        let at = active.stack as u32;
        active.thread.set_status(status);
        let mut state = active.thread.state_mut(ctx);
        state.yielder = self.yielder.take();
        if active.stack == 0 && live > SWAPPED_MIN {
            std::mem::swap(&mut self.stack, &mut state.values);
            state.values.truncate(live);
            self.stack.clear();
        } else {
            let values = self.stack.get(active.stack..live.max(active.stack)).unwrap_or_default();
            state.values.extend_from_slice(values);
        }
        let frames = self.control.frames.len() - active.frames;
        if state.frames.capacity() < frames {
            state.frames.reserve_exact(frames);
        }
        let natives = active.natives as u32;
        let moved = self.control.frames.get(active.frames..).unwrap_or_default();
        state.frames.extend(moved.iter().map(|frame| Frame {
            closure: frame.closure,
            base: frame.base - at,
            pc: if frame.closure.is_none() { frame.pc - natives } else { frame.pc },
            extra: frame.extra,
            pending: frame.pending,
        }));
        self.control.frames.truncate(active.frames);
        if self.control.natives.len() > active.natives {
            state.natives.extend(self.control.natives.drain(active.natives..));
        }
        if self.control.to_close.len() > active.to_close {
            state.to_close.extend(self.control.to_close.drain(active.to_close..).map(|position| position - at));
        }
        let values = state.values.len();
        if state.values.capacity() > 2 * values + 8 && values <= SWAPPED_MIN {
            state.values.shrink_to(values);
        }
        if state.frames.capacity() > 2 * frames + 4 {
            state.frames.shrink_to(frames);
        }
        let bytes = values * size_of::<Value<'_>>() + frames * size_of::<Frame<'_>>();
        if bytes > SMALL_THREAD_BYTES || state.charge.bytes() > 0 {
            state.charge.set(bytes.saturating_sub(SMALL_THREAD_BYTES));
        }
        values + 2 * frames
    }

    /// Saves all coroutines that run; the outermost remembers the others.
    pub(super) fn save_all(&mut self, ctx: Context<'gc>) {
        let inner: Vec<Thread<'gc>> = self.control.active.iter().skip(1).map(|active| active.thread).collect();
        while self.control.active.len() > 1 {
            self.save(ctx, Status::Normal);
        }
        if let Some(outermost) = self.control.active.last().map(|active| active.thread) {
            self.save(ctx, Status::Suspended);
            outermost.state_mut(ctx).paused = inner;
        }
    }

    pub(super) fn resume(&mut self, step: &mut Step<'_, 'gc>) -> Next {
        let ctx = step.ctx;
        let (Some(thread), (start, count)) = (step.take_thread(), step.values()) else { return Next::Pause };
        if let Some(message) = not_resumable(thread) {
            return step.raise(Raised::value(ctx.text(message)));
        }
        if self.control.active.len() >= RESUME_DEPTH_MAX {
            return step.raise(Raised::value(ctx.text("C stack overflow")));
        }
        self.transfer.clear();
        self.transfer.extend_from_slice(self.stack.get(start..start + count).unwrap_or_default());
        if let Some(resumer) = self.control.running() {
            resumer.set_status(Status::Normal);
        }
        let at = self.live_top();
        self.activate(step, thread, at)
    }

    pub(super) fn yield_values(&mut self, step: &mut Step<'_, 'gc>) -> Next {
        let (start, count) = step.values();
        if self.control.active.len() <= 1 {
            if !self.control.is_yieldable() {
                let raised = Raised::message("attempt to yield from outside a coroutine");
                return self.raise(step, raised);
            }
            step.results.extend_from_slice(self.stack.get(start..start + count).unwrap_or_default());
            self.save(step.ctx, Status::Suspended);
            return step.leave(Progress::Yielded);
        }
        self.yield_to_resumer(step, start, count)
    }

    /// The topmost coroutine is done: its values go to its resumer.
    pub(super) fn finish_thread(&mut self, step: &mut Step<'_, 'gc>, start: usize, count: usize) -> Next {
        self.bury(step.ctx, None);
        match self.control.running() {
            None => {
                step.results.extend_from_slice(self.stack.get(start..start + count).unwrap_or_default());
                step.leave(Progress::Finished)
            }
            Some(resumer) => {
                resumer.set_status(Status::Running);
                self.deliver_to_resumer(step, start, count)
            }
        }
    }

    /// Takes the topmost coroutine off the stacks for good. With an error, what it has still to close is kept
    /// for `coroutine.close`, and its frames, if they are not many, for tracebacks.
    pub(super) fn bury(&mut self, ctx: Context<'gc>, death: Option<Value<'gc>>) {
        let Some(active) = self.control.active.pop() else { return };
        active.thread.set_status(Status::Dead);
        let mut state = active.thread.state_mut(ctx);
        state.values = Vec::new();
        state.frames = Vec::new();
        state.natives = Vec::new();
        let frames = self.control.frames.len().saturating_sub(active.frames);
        if death.is_some() && frames <= DEAD_FRAMES_MAX {
            let natives = active.natives as u32;
            state.frames.extend(self.control.frames.drain(active.frames..).map(|frame| Frame {
                base: 0,
                pc: if frame.closure.is_none() { frame.pc - natives } else { frame.pc },
                ..frame
            }));
            state.natives.extend(self.control.natives.drain(active.natives..));
        }
        self.control.truncate(active.frames);
        state.charge.set(state.frames.len() * size_of::<Frame<'_>>());
        state.death = death;
        let end = self.control.to_close.last().filter(|_| self.control.to_close.len() > active.to_close);
        if let Some(end) = end {
            let values = self.stack.get(active.stack..=*end as usize).unwrap_or_default();
            state.values.extend_from_slice(values);
            let at = active.stack as u32;
            state.to_close.extend(self.control.to_close.drain(active.to_close..).map(|position| position - at));
        }
    }
}

impl Pass {
    /// What stands for the native function that resumes, for as long as it waits.
    pub(super) fn sequence<'gc>(self) -> Box<dyn Sequence<'gc> + 'gc> {
        match self {
            Pass::Values => Box::new(Wrapped),
            Pass::StatusAndValues => Box::new(Resumed),
        }
    }
}

/// Waits for what `coroutine.resume` resumed: success and the values, or failure and the error.
#[derive(Collect)]
#[collect(require_static)]
struct Resumed;

impl<'gc> Sequence<'gc> for Resumed {
    fn name(&self) -> &'static str {
        "coroutine.resume"
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        call.charge(call.len() / MOVED_PER_FUEL);
        let values: Vec<_> = std::iter::once(Value::Boolean(true)).chain(call.args().iter().copied()).collect();
        call.ret(&values)
    }

    fn catches(&self) -> bool {
        true
    }

    fn caught(&mut self, call: &mut Call<'_, 'gc>, error: Raised<'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        let value = error.to_value(call.ctx);
        call.ret(&[Value::Boolean(false), value])
    }
}

/// Waits for what `pcall` calls: success and the results, or failure and the error.
#[derive(Collect)]
#[collect(require_static)]
pub(super) struct Protected;

impl Protected {
    /// The state of a protected call that `callee` makes.
    #[inline(always)]
    pub(super) fn state<'gc>(callee: Option<Native<'gc>>) -> NativeState<'gc> {
        NativeState { pass: Some(Pass::StatusAndValues), ..NativeState::new(Box::new(Protected), callee) }
    }
}

impl<'gc> Sequence<'gc> for Protected {
    fn name(&self) -> &'static str {
        "pcall"
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        Resumed.poll(call)
    }

    fn catches(&self) -> bool {
        true
    }

    fn caught(&mut self, call: &mut Call<'_, 'gc>, error: Raised<'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        Resumed.caught(call, error)
    }
}

/// Waits for what a call of what `coroutine.wrap` returned has resumed. An error closes the coroutine and goes on its
/// way.
#[derive(Collect)]
#[collect(require_static)]
struct Wrapped;

impl<'gc> Sequence<'gc> for Wrapped {
    fn name(&self) -> &'static str {
        "coroutine.wrap"
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        call.ret_args(0)
    }

    fn catches(&self) -> bool {
        true
    }

    fn wants_traceback(&self) -> bool {
        true
    }

    fn caught(&mut self, call: &mut Call<'_, 'gc>, error: Raised<'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        match call.resumed() {
            Some(thread) if thread.status() == Status::Dead && thread.error().is_some() => {
                thread.prepare_close(call.ctx)?;
                call.leave(&[]);
                Ok(Action::ResumeThen(thread, Box::new(CloseWrapped { error: Some(error) })))
            }
            _ => Err(error.positioned(call)),
        }
    }
}

/// Waits for the closing of a wrapped coroutine that has failed; then its error goes on.
#[derive(Collect)]
#[collect(no_drop)]
struct CloseWrapped<'gc> {
    error: Option<Raised<'gc>>,
}

impl<'gc> Sequence<'gc> for CloseWrapped<'gc> {
    fn name(&self) -> &'static str {
        "coroutine.wrap"
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        match self.error.take() {
            Some(error) => Err(error.positioned(call)),
            None => call.ret0(),
        }
    }

    fn catches(&self) -> bool {
        true
    }

    fn caught(&mut self, call: &mut Call<'_, 'gc>, error: Raised<'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        Err(error.positioned(call))
    }
}

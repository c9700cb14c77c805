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

use std::hint::black_box;

use gc_arena::Collect;

use super::context::Context;
use super::error::Raised;
use super::executor::{Active, FRAMES_MAX, Machine, NATIVE_DEPTH_MAX, Progress, STACK_CHECKED, WINDOW};
use super::function::{Intrinsic, Native};
use super::natives::Passing;
use super::sequence::{Action, Call, Pass, Sequence};
use super::step::{Next, Step};
use super::thread::{Awaited, Frame, KEPT_BYTES, NativeState, Pending, Status, THREAD_BYTES, Thread, ThreadState};
use super::value::Value;
use crate::bytecode::Count;

/// How deeply coroutines may resume each other; PUC-Rio's limit of C calls.
const RESUME_DEPTH_MAX: usize = 197;

/// Above so many values a coroutine at the bottom takes the whole stack with it rather than a copy of its part.
const SWAPPED_MIN: usize = 4096;

/// What the state of a native function in a coroutine counts as, with what it keeps.
const NATIVE_BYTES: usize = 256;

/// In what steps a coroutine at rest is charged for what it keeps, so that small changes need no account.
const CHARGED_STEP: usize = 512;

/// A coroutine that dies of an error keeps at most so many frames.
const DEAD_FRAMES_MAX: usize = 4096;

/// To move so many values costs one unit of fuel.
pub(super) const MOVED_PER_FUEL: usize = 16;

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
        // Each takes just these arguments, so that nothing has to be kept here.
        match native.kind() {
            Intrinsic::Yield => self.switch_back(step, native, func, count),
            Intrinsic::Pcall => self.call_protected(step, native, func, count),
            _ => self.switch_to(step, native, func, count),
        }
    }

    /// Calls the Lua function above `func` with the values above that; an error becomes a result.
    #[inline(never)]
    fn call_protected(
        &mut self,
        step: &mut Step<'_, 'gc>,
        native: Native<'gc>,
        func: usize,
        count: usize,
    ) -> Option<Next> {
        let args = func + 1;
        let Some(&Value::Closure(closure)) = self.stack.get(args) else { return None };
        if count == 0 || step.ctx.has_hooks() || self.control.natives.len() >= NATIVE_DEPTH_MAX {
            return None;
        }
        self.control.push_passing(Passing::Protected, native, None, args);
        Some(self.call_closure(step, closure, args, count - 1))
    }

    /// Resumes a coroutine that has not begun, or that rests in a Lua function that yielded.
    #[inline(never)]
    fn switch_to(&mut self, step: &mut Step<'_, 'gc>, native: Native<'gc>, func: usize, count: usize) -> Option<Next> {
        // What is passed is the `count` values at `args`, and nothing above them is alive.
        let (thread, passing, args, count) = match native.kind() {
            Intrinsic::Resume if count > 0 => match self.stack.get(func + 1) {
                Some(&Value::Thread(thread)) => (thread, Passing::Resumed, func + 2, count - 1),
                _ => return None,
            },
            Intrinsic::ResumeWrapped => match native.upvalue(0) {
                Value::Thread(thread) => (thread, Passing::Wrapped, func + 1, count),
                _ => return None,
            },
            _ => return None,
        };
        let at = args + count;
        let control = &mut self.control;
        if thread.status() != Status::Suspended
            || step.ctx.has_hooks()
            || control.active.len() >= RESUME_DEPTH_MAX
            || control.natives.len() >= NATIVE_DEPTH_MAX
            || control.frames.len() >= FRAMES_MAX
            || at >= STACK_CHECKED
        {
            return None;
        }
        let resumer = control.active.last()?.thread;
        let mut state = thread.state_mut(step.ctx);
        let waiting = match state.frames.last() {
            Some(frame) => match frame.pending.get() {
                Pending::Results { to, want } if frame.closure.is_some() => Some((to, want)),
                _ => return None,
            },
            None if matches!(&*state.values, [Value::Closure(_)]) && state.to_close.is_empty() => None,
            None => return None,
        };
        resumer.set_status(Status::Normal);
        control.push_passing(passing, native, Some(thread), args);
        let end = at + state.values.len();
        self.load_at(&mut state, thread, at, end);
        drop(state);
        let Some((to, want)) = waiting else {
            return Some(self.begin(step, at, (args, count)));
        };
        let Some(frame) = self.control.frames.last_mut() else { return Some(Next::Pause) };
        let place = frame.base as usize + usize::from(to.0);
        let top = if want == Count::OPEN { u32::from(to.0) + count as u32 } else { 0 };
        frame.pending = Awaited::new(Pending::Run { top });
        self.place_few(place, want, args, count);
        Some(Next::Run)
    }

    /// Calls the function at `func` of a coroutine that begins, with values from below it.
    #[inline(never)]
    fn begin(&mut self, step: &mut Step<'_, 'gc>, func: usize, (args, count): (usize, usize)) -> Next {
        self.move_values(args, func + 1, count);
        match self.stack.get(func) {
            Some(&Value::Closure(closure)) => self.call_closure(step, closure, func, count),
            _ => step.call(func, count),
        }
    }

    /// Copies results to where a call's results go, mostly one or none.
    #[inline(always)]
    fn place_few(&mut self, to: usize, want: Count, start: usize, count: usize) {
        match want.get() {
            Some(0) => {}
            Some(1) => {
                let value = if count > 0 { self.stack.get(start).copied().unwrap_or_default() } else { Value::Nil };
                if let Some(slot) = self.stack.get_mut(to) {
                    *slot = value;
                }
            }
            _ => self.place_results(to, want, start, count),
        }
    }

    /// Yields from the topmost coroutine, which the Lua function whose frame is on top runs in, to a Lua function that
    /// resumed it.
    #[inline(never)]
    fn switch_back(
        &mut self,
        step: &mut Step<'_, 'gc>,
        native: Native<'gc>,
        func: usize,
        count: usize,
    ) -> Option<Next> {
        let control = &mut self.control;
        let [.., resumer, active] = &*control.active else { return None };
        let (thread, resumer, stack, floor) = (active.thread, resumer.thread, active.stack, active.frames);
        if step.ctx.has_hooks() {
            return None;
        }
        let passing = control.natives.last().and_then(|native| native.passing);
        let caller = control.frames.get(floor.wrapping_sub(2)).map(|frame| (frame.closure, frame.pending.get()));
        let (Some(passing), Some((Some(_), Pending::Results { to, want }))) = (passing, caller) else {
            return Some(self.yield_in_general(step, native, func, count));
        };
        if control.natives.len() != active.natives || control.to_close.len() != active.to_close {
            return Some(self.yield_in_general(step, native, func, count));
        }
        let (Some(values), Some(frames)) = (self.stack.get(stack..func), control.frames.get(floor..)) else {
            return None;
        };
        thread.set_status(Status::Suspended);
        resumer.set_status(Status::Running);
        let mut state = thread.state_mut(step.ctx);
        state.yielder = Some(native);
        state.values.extend_from_slice(values);
        state.keep_frames(frames, stack as u32);
        state.fit();
        let moved = values.len() + 2 * frames.len();
        drop(state);
        self.fuel -= (moved / MOVED_PER_FUEL) as i64;
        control.active.pop();
        control.natives.drop_last();
        control.frames.truncate(floor - 1);
        let Some(caller) = control.frames.last_mut() else { return Some(Next::Pause) };
        let (mut place, mut rest, mut top) = (caller.base as usize + usize::from(to.0), want, 0);
        if want == Count::OPEN {
            top = u32::from(to.0) + count as u32 + u32::from(passing != Passing::Wrapped);
        }
        caller.pending = Awaited::new(Pending::Run { top });
        if passing != Passing::Wrapped
            && want != Count::exactly(0)
            && let Some(slot) = self.stack.get_mut(place)
        {
            *slot = Value::Boolean(true);
            place += 1;
            rest = want.get().map_or(Count::OPEN, |want| Count::exactly(want as u8 - 1));
        }
        self.place_few(place, rest, func + 1, count);
        Some(Next::Run)
    }

    /// Yields, whatever there is to be moved and whoever waits for it.
    #[cold]
    #[inline(never)]
    fn yield_in_general(&mut self, step: &mut Step<'_, 'gc>, native: Native<'gc>, func: usize, count: usize) -> Next {
        self.yielder = Some(native);
        self.yield_to_resumer(step, func + 1, count)
    }

    /// Takes the topmost coroutine off the stacks, and gives what it yields to its resumer.
    fn yield_to_resumer(&mut self, step: &mut Step<'_, 'gc>, start: usize, count: usize) -> Next {
        if !self.control.is_yieldable() {
            // Whoever closes a coroutine waits for its end, and would take a yield for that.
            return step.raise(Raised::value(step.ctx.text("attempt to yield across a C-call boundary")));
        }
        self.save(step.ctx, Status::Suspended);
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
        let mut state = thread.state_mut(ctx);
        let (yielder, has_begun) = (state.yielder, state.has_begun());
        let mut end = self.load(&mut state, thread, at);
        if !state.paused.is_empty() {
            for inner in std::mem::take(&mut state.paused) {
                if let Some(outer) = self.control.active.last() {
                    outer.thread.set_status(Status::Normal);
                }
                end = self.load(&mut inner.state_mut(ctx), inner, end);
            }
        }
        drop(state);
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
    fn load(&mut self, state: &mut ThreadState<'gc>, thread: Thread<'gc>, at: usize) -> usize {
        let end = at + state.values.len();
        if at == 0 && end > SWAPPED_MIN {
            std::mem::swap(&mut self.stack, &mut state.values);
            state.values.clear();
            // No more than is needed: a slice should not begin with clearing what its calls may never reach.
            self.stack.resize(end + 2 * WINDOW, Value::Nil);
        }
        self.load_at(state, thread, at, end);
        end
    }

    /// Moves one coroutine's things onto the stacks, its values to where they end at `end`.
    #[inline(always)]
    fn load_at(&mut self, state: &mut ThreadState<'gc>, thread: Thread<'gc>, at: usize, end: usize) {
        thread.set_status(Status::Running);
        state.yielder = None;
        self.reserve(end);
        if let Some(room) = self.stack.get_mut(at..at + state.values.len()) {
            room.copy_from_slice(&state.values);
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
        let up = (at as u32).wrapping_sub(state.frames_from);
        if control.frames.is_empty() && state.frames.len() > SWAPPED_MIN {
            std::mem::swap(&mut control.frames, &mut state.frames);
            control.natives.append(&mut state.natives);
        } else if !state.natives.is_empty() {
            for frame in &state.frames {
                let natives = if frame.closure.is_none() { natives as u32 } else { 0 };
                control.push_moved(frame, up, natives);
            }
            control.natives.append(&mut state.natives);
        } else if let [frame] = &*state.frames {
            control.push_moved(frame, up, 0);
        } else if up == 0 {
            control.frames.extend_from_slice(&state.frames);
        } else {
            for frame in &state.frames {
                control.push_moved(frame, up, 0);
            }
        }
        state.frames.clear();
        if !state.to_close.is_empty() {
            control.to_close.extend(state.to_close.drain(..).map(|position| position + at as u32));
        }
    }

    /// Moves the topmost coroutine's things off the stacks, as many values as are live. It costs fuel by what is moved: a loop
    /// of yields from deep within calls would else move any number of values for nothing.
    fn save(&mut self, ctx: Context<'gc>, status: Status) {
        let live = self.live_top();
        let Some(active) = self.control.active.pop() else { return };
        let at = active.stack as u32;
        active.thread.set_status(status);
        let mut state = active.thread.state_mut(ctx);
        state.yielder = self.yielder.take();
        state.frames_from = at;
        let is_swapped = active.stack == 0 && live > SWAPPED_MIN;
        if is_swapped {
            std::mem::swap(&mut self.stack, &mut state.values);
            state.values.truncate(live);
            self.stack.clear();
        } else {
            let values = self.stack.get(active.stack..live.max(active.stack)).unwrap_or_default();
            state.values.extend_from_slice(values);
        }
        let frames = self.control.frames.len() - active.frames;
        if active.frames == 0 && frames > SWAPPED_MIN {
            // Below it there are no natives, so that no frame's place among them changes.
            std::mem::swap(&mut self.control.frames, &mut state.frames);
        } else {
            self.save_frames(&mut state, &active, frames);
        }
        self.control.frames.truncate(active.frames);
        if self.control.natives.len() > active.natives {
            self.control.natives.split_off(active.natives, &mut state.natives);
        }
        if self.control.to_close.len() > active.to_close {
            state.to_close.extend(self.control.to_close.drain(active.to_close..).map(|position| position - at));
        }
        state.fit();
        let words = state.values.len() + 2 * frames;
        // The collector goes through it all once more, in any case.
        let moved = if is_swapped { words / 4 } else { words };
        self.fuel -= (moved / MOVED_PER_FUEL) as i64;
    }

    /// Copies the frames from the topmost coroutine's first on to where they rest.
    #[inline(always)]
    fn save_frames(&self, state: &mut ThreadState<'gc>, active: &Active<'gc>, frames: usize) {
        if state.frames.capacity() < frames {
            state.frames.reserve_exact(frames);
        }
        let natives = active.natives as u32;
        let moved = self.control.frames.get(active.frames..).unwrap_or_default();
        state.frames.extend(moved.iter().map(|frame| Frame {
            closure: frame.closure,
            base: frame.base,
            pc: if frame.closure.is_none() { frame.pc - natives } else { frame.pc },
            extra: frame.extra,
            pending: frame.pending,
        }));
    }

    /// Saves all coroutines that run; the outermost remembers the others.
    pub(super) fn save_all(&mut self, ctx: Context<'gc>) {
        if self.control.active.len() > 1 {
            self.save_inner(ctx);
        }
        self.save(ctx, Status::Suspended);
    }

    /// Saves all but the outermost coroutine, which is to remember them.
    #[cold]
    #[inline(never)]
    fn save_inner(&mut self, ctx: Context<'gc>) {
        let [outermost, inner @ ..] = &*self.control.active else { return };
        let (outermost, inner) = (outermost.thread, inner.iter().map(|active| active.thread).collect());
        while self.control.active.len() > 1 {
            self.save(ctx, Status::Normal);
        }
        outermost.state_mut(ctx).paused = inner;
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
            self.save_all(step.ctx);
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
        state.empty();
        let frames = self.control.frames.len().saturating_sub(active.frames);
        if death.is_some() && frames <= DEAD_FRAMES_MAX {
            let natives = active.natives as u32;
            state.frames.extend(self.control.frames.drain(active.frames..).map(|frame| Frame {
                base: 0,
                pc: if frame.closure.is_none() { frame.pc - natives } else { frame.pc },
                ..frame
            }));
            self.control.natives.split_off(active.natives, &mut state.natives);
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

impl<'gc> ThreadState<'gc> {
    /// Keeps the frames of Lua functions alone, as they are for a coroutine whose things begin at `at`.
    #[inline(always)]
    fn keep_frames(&mut self, frames: &[Frame<'gc>], at: u32) {
        if self.frames.capacity() < frames.len() {
            self.frames.reserve_exact(frames.len());
        }
        let Some((top, below)) = frames.split_last() else { return };
        if !below.is_empty() {
            // A loop that corrects each waits for the copies (2026-11-23: a walk over a tree that yields from ten calls
            // deep took 1.15 times as long).
            self.frames.extend_from_slice(below);
        }
        self.frames_from = at;
        self.frames.push(Frame {
            closure: top.closure,
            base: top.base,
            pc: top.pc,
            // Both were just stored, each for itself, and would be loaded at once, which would wait for the stores.
            extra: black_box(top.extra),
            pending: top.pending,
        });
    }

    /// Gives back room that is far too much, and enters what the coroutine takes while it rests.
    #[inline(always)]
    fn fit(&mut self) {
        let (values, frames) = (self.values.len(), self.frames.len());
        let bytes =
            values * size_of::<Value<'_>>() + frames * size_of::<Frame<'_>>() + self.natives.len() * NATIVE_BYTES;
        let charged = THREAD_BYTES + bytes.saturating_sub(KEPT_BYTES).next_multiple_of(CHARGED_STEP);
        if self.values.capacity() > 2 * values + 8
            || self.frames.capacity() > 2 * frames + 4
            || self.charge.bytes() != charged
        {
            self.refit(charged);
        }
    }

    #[cold]
    #[inline(never)]
    fn refit(&mut self, charged: usize) {
        let (values, frames) = (self.values.len(), self.frames.len());
        if self.values.capacity() > 2 * values + 8 && values <= SWAPPED_MIN {
            self.values.shrink_to(values);
        }
        if self.frames.capacity() > 2 * frames + 4 {
            self.frames.shrink_to(frames);
        }
        self.charge.set(charged);
    }
}

impl Passing {
    /// What a native function that resumes a coroutine is.
    pub(super) fn resuming(pass: Pass) -> Passing {
        match pass {
            Pass::Values => Passing::Wrapped,
            Pass::StatusAndValues => Passing::Resumed,
        }
    }

    /// What it returns of what comes back.
    #[inline(always)]
    pub(super) fn pass(self) -> Pass {
        if self == Passing::Wrapped { Pass::Values } else { Pass::StatusAndValues }
    }

    /// What goes on when something comes back. It holds nothing.
    pub(super) fn sequence<'gc>(self) -> Box<dyn Sequence<'gc> + 'gc> {
        match self {
            Passing::Wrapped => Box::new(Wrapped),
            Passing::Resumed => Box::new(Resumed),
            Passing::Protected => Box::new(Protected),
        }
    }
}

impl<'gc> NativeState<'gc> {
    /// The state of `callee`, which passes on what comes back.
    pub(super) fn passing(passing: Passing, callee: Option<Native<'gc>>) -> NativeState<'gc> {
        NativeState { passing: Some(passing), ..NativeState::new(passing.sequence(), callee) }
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
struct Protected;

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

//! Coroutines at rest, and the frames that make up their call stacks.
//!
//! A running coroutine's registers lie on the machine's one stack. A suspended one keeps only its live
//! values and its frames, so that an idle coroutine is a few hundred bytes. Positions in a frame are
//! absolute while it runs; while it rests, those of frames still count from where it lay, and others from the
//! coroutine's own start.

use std::cell::{Cell, Ref, RefMut};

use gc_arena::barrier::field;
use gc_arena::{Collect, Gc, RefLock};

use super::context::Context;
use super::function::{Closure, Native};
use super::gc::Charge;
use super::hook::{After, Hook};
use super::natives::Passing;
use super::sequence::Sequence;
use super::value::Value;
use crate::bytecode::{Count, Label, Reg};

/// A coroutine.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub struct Thread<'gc>(pub(super) Gc<'gc, ThreadBody<'gc>>);

#[derive(Collect)]
#[collect(no_drop)]
pub(super) struct ThreadBody<'gc> {
    /// Apart from the rest, so that the collector need not hear of it.
    #[collect(require_static)]
    status: Cell<Status>,
    state: RefLock<ThreadState<'gc>>,
}

/// What a coroutine is doing, in the words of `coroutine.status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It has not begun, has yielded, or was paused for want of fuel.
    Suspended,
    /// It is the one that runs.
    Running,
    /// It has resumed another one.
    Normal,
    /// It has returned or failed.
    Dead,
}

impl Status {
    /// The word.
    pub const fn name(self) -> &'static str {
        match self {
            Status::Suspended => "suspended",
            Status::Running => "running",
            Status::Normal => "normal",
            Status::Dead => "dead",
        }
    }
}

/// What a coroutine counts as beyond what any object does: its state is bigger than most, and it keeps a few values and a frame.
pub(super) const THREAD_BYTES: usize = 224;

/// Of that, what it keeps.
pub(super) const KEPT_BYTES: usize = 96;

/// A coroutine's own things. While it runs they are empty: the machine has them.
#[derive(Collect)]
#[collect(no_drop)]
pub(super) struct ThreadState<'gc> {
    pub(super) values: Vec<Value<'gc>>,
    pub(super) frames: Vec<Frame<'gc>>,
    /// The states of the native functions among the frames, in their order.
    pub(super) natives: Vec<NativeState<'gc>>,
    /// Stack positions of to-be-closed variables, lowest first.
    #[collect(require_static)]
    pub(super) to_close: Vec<u32>,
    /// The coroutines that were running on top of this one when it was paused for want of fuel.
    pub(super) paused: Vec<Thread<'gc>>,
    /// The error that killed it.
    pub(super) death: Option<Value<'gc>>,
    /// The memory that its values and frames take while it rests.
    #[collect(require_static)]
    pub(super) charge: Charge,
    /// Where on the stack its frames' bases count from: where it lay when it last ran, so that frames need no correction
    /// if it is laid there again, as it mostly is.
    pub(super) frames_from: u32,
    /// Whether it is being closed: an error then goes on closing rather than leaving the rest for later.
    pub(super) is_closing: bool,
    /// Whether it is a program's main coroutine, which cannot yield.
    pub(super) is_main: bool,
    /// What watches it run, set by the `debug` library.
    pub(super) hook: Option<Gc<'gc, Hook<'gc>>>,
    /// The native function that yielded, if it left no frame.
    pub(super) yielder: Option<Native<'gc>>,
}

/// A call in progress, other than the one that runs: a Lua function that waits for a call it made or is about
/// to run on, or a native function that goes on later.
///
/// Frames are written and read field by field in the loop: a copy of the whole right after its fields were
/// stored would wait for the stores (a call took 1.3 times as long).
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub(super) struct Frame<'gc> {
    /// The Lua function; `None` for a native function, whose sequence is elsewhere.
    pub(super) closure: Option<Closure<'gc>>,
    /// The stack position of `R0`; for a native function, that of its arguments and results.
    pub(super) base: u32,
    /// The next instruction.
    pub(super) pc: u32,
    /// How many extra arguments lie below `R0`, and marks: [`TAIL_CALLED`], [`ENTERED`], [`RETURNED`].
    pub(super) extra: u32,
    /// What to do with the values that come back.
    #[collect(require_static)]
    pub(super) pending: Awaited,
}

/// A coroutine has room for so many values when it is made, as many as a vector makes room for when it grows: most will
/// keep more than their function, and to grow took a tenth of the time of a coroutine that yields once (2026-11-23).
const VALUES_MIN: usize = 4;

/// Added to [`Frame::extra`]: the function was called in the place of the one that its caller called.
pub(super) const TAIL_CALLED: usize = 1 << 31;

/// Added to [`Frame::extra`]: the hook, if it wants to, knows of the call.
pub(super) const ENTERED: usize = 1 << 30;

/// Added to [`Frame::extra`]: the hook, if it wants to, knows of the return.
pub(super) const RETURNED: usize = 1 << 29;

/// The part of [`Frame::extra`] that is the number of extra arguments.
pub(super) const EXTRA_COUNT: usize = RETURNED - 1;

impl Frame<'_> {
    /// How many extra arguments lie below `R0`.
    pub(super) fn extra_count(&self) -> usize {
        self.extra as usize & EXTRA_COUNT
    }

    /// Whether it was called in the place of another function.
    pub(super) fn is_tail_called(&self) -> bool {
        self.extra as usize & TAIL_CALLED != 0
    }
}

/// What a Lua frame does with the values of the call it made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pending {
    /// Nothing is awaited; the frame runs on at `pc`. Values from `R0` up to `top` are live.
    Run { top: u32 },
    /// Put as many as wanted into `to` and above.
    Results { to: Reg, want: Count },
    /// Jump to `label` if the first, as a condition, is `expect`.
    Test { expect: bool, label: Label },
    /// Put the first at the end of the `left` operands at `first`, and go on concatenating.
    Concat { first: Reg, left: u8 },
    /// Drop them, and run the same instruction again.
    Again { top: u32 },
    /// Drop them.
    Discard,
    /// Return them, as many as there are, to the frame's own caller.
    Return,
}

/// A [`Pending`] in one word, so that it is stored and loaded at once.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Awaited(u64);

impl Awaited {
    /// Packs what is pending: kind, register, count or condition, and label or top, from the lowest byte up.
    #[inline(always)]
    pub(super) const fn new(pending: Pending) -> Awaited {
        let (kind, reg, byte, word) = match pending {
            Pending::Run { top } => (0, 0, 0, top),
            Pending::Results { to, want } => (1, to.0, want.raw(), 0),
            Pending::Test { expect, label } => (2, 0, expect as u8, label.0),
            Pending::Concat { first, left } => (3, first.0, left, 0),
            Pending::Again { top } => (4, 0, 0, top),
            Pending::Discard => (5, 0, 0, 0),
            Pending::Return => (6, 0, 0, 0),
        };
        Awaited(kind | (reg as u64) << 8 | (byte as u64) << 16 | (word as u64) << 32)
    }

    /// Whether this is a call that one result is wanted of.
    #[inline(always)]
    pub(super) const fn is_one_result(self) -> bool {
        self.0 & !0xFF00 == Awaited::new(Pending::Results { to: Reg(0), want: Count::exactly(1) }).0
    }

    /// Whether this is a call that no result is wanted of.
    #[inline(always)]
    pub(super) const fn is_no_result(self) -> bool {
        self.0 & !0xFF00 == Awaited::new(Pending::Results { to: Reg(0), want: Count::exactly(0) }).0
    }

    /// Where results go, if they are what is pending.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "takes a byte out of the word")]
    pub(super) const fn result_reg(self) -> Reg {
        Reg((self.0 >> 8) as u8)
    }

    /// The same, with the number of a call's arguments in the byte that is free.
    #[inline(always)]
    pub(super) const fn with_count(self, count: u8) -> Awaited {
        Awaited(self.0 | (count as u64) << 24)
    }

    /// What [`Awaited::with_count`] put together.
    #[inline(always)]
    pub(super) const fn split_count(self) -> (Awaited, usize) {
        (Awaited(self.0 & !0xFF00_0000), (self.0 >> 24) as usize & 0xFF)
    }

    /// What is pending.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "takes the parts of the word apart")]
    pub(super) const fn get(self) -> Pending {
        let (reg, byte, word) = (Reg((self.0 >> 8) as u8), (self.0 >> 16) as u8, (self.0 >> 32) as u32);
        match self.0 as u8 {
            0 => Pending::Run { top: word },
            1 => Pending::Results { to: reg, want: Count::from_raw(byte) },
            2 => Pending::Test { expect: byte != 0, label: Label(word) },
            3 => Pending::Concat { first: reg, left: byte },
            4 => Pending::Again { top: word },
            5 => Pending::Discard,
            _ => Pending::Return,
        }
    }
}

/// What a native function that goes on later keeps, beside its frame.
#[derive(Collect)]
#[collect(no_drop)]
pub(super) struct NativeState<'gc> {
    pub(super) sequence: Box<dyn Sequence<'gc> + 'gc>,
    /// The function itself; `None` for what the machine does on its own, which is no level of the call stack.
    pub(super) callee: Option<Native<'gc>>,
    /// The coroutine it resumed last.
    pub(super) resumed: Option<Thread<'gc>>,
    /// How many values it left at its base when it was paused, to be polled with again.
    pub(super) held: u32,
    /// What follows when values come back to it.
    #[collect(require_static)]
    pub(super) after: After,
    /// What it does with what comes back, if that is to pass it on and nothing else.
    #[collect(require_static)]
    pub(super) passing: Option<Passing>,
    /// Whether it was paused.
    pub(super) is_held: bool,
    /// Whether it waits for a message handler.
    pub(super) is_handler: bool,
}

impl ThreadState<'_> {
    /// Drops values, frames and states of natives. Room for few is kept, within what a coroutine has without being charged
    /// for it: it goes with the object, which the collector frees, and not in the frame of a game in which very many end.
    pub(super) fn empty(&mut self) {
        const VALUES_KEPT: usize = 8;
        const FRAMES_KEPT: usize = 4;
        const NATIVES_KEPT: usize = 1;
        self.values.clear();
        self.frames.clear();
        self.natives.clear();
        if self.values.capacity() > VALUES_KEPT {
            self.values = Vec::new();
        }
        if self.frames.capacity() > FRAMES_KEPT {
            self.frames = Vec::new();
        }
        if self.natives.capacity() > NATIVES_KEPT {
            self.natives = Vec::new();
        }
    }

    /// Whether it was resumed before: until then it is its function and nothing else.
    #[inline]
    pub(super) fn has_begun(&self) -> bool {
        !(self.frames.is_empty() && self.values.len() == 1)
    }
}

impl<'gc> Thread<'gc> {
    /// A coroutine that will call `function`.
    pub fn new(ctx: Context<'gc>, function: Value<'gc>) -> Thread<'gc> {
        let mut values = Vec::with_capacity(VALUES_MIN);
        values.push(function);
        let state = ThreadState {
            values,
            frames: Vec::new(),
            natives: Vec::new(),
            to_close: Vec::new(),
            paused: Vec::new(),
            death: None,
            charge: Charge::new(ctx.ledger(), THREAD_BYTES),
            frames_from: 0,
            is_closing: false,
            is_main: false,
            hook: None,
            yielder: None,
        };
        Thread(Gc::new(ctx.mc(), ThreadBody { status: Cell::new(Status::Suspended), state: RefLock::new(state) }))
    }

    /// Makes this a program's main coroutine, which cannot yield.
    pub fn set_main(self, ctx: Context<'gc>) {
        self.state_mut(ctx).is_main = true;
    }

    /// Whether this is a program's main coroutine.
    pub fn is_main(self) -> bool {
        self.state().is_main
    }

    /// What the coroutine is doing.
    #[inline]
    pub fn status(self) -> Status {
        self.0.as_ref().status.get()
    }

    #[inline]
    pub(super) fn set_status(self, status: Status) {
        self.0.as_ref().status.set(status);
    }

    /// Whether it neither runs nor has resumed another one.
    pub fn is_at_rest(self) -> bool {
        matches!(self.status(), Status::Suspended | Status::Dead)
    }

    /// The error that killed it, if one did.
    pub fn error(self) -> Option<Value<'gc>> {
        self.state().death
    }

    /// Whether it was ever resumed.
    pub fn has_begun(self) -> bool {
        self.status() != Status::Suspended || self.state().has_begun()
    }

    /// Makes it dead at once, without closing anything, unless it is running.
    pub fn kill(self, ctx: Context<'gc>) {
        let mut state = self.state_mut(ctx);
        if self.is_at_rest() {
            self.set_status(Status::Dead);
            state.empty();
            state.to_close = Vec::new();
            state.paused = Vec::new();
        }
    }

    /// Makes a coroutine that is at rest call `function` with its next resume, as a new one would: what it was about is
    /// dropped, without closing anything. Whether it was at rest; otherwise nothing has changed.
    pub fn begin_anew(self, ctx: Context<'gc>, function: Value<'gc>) -> bool {
        if !self.is_at_rest() {
            return false;
        }
        self.set_status(Status::Suspended);
        let mut state = self.state_mut(ctx);
        state.empty();
        state.values.push(function);
        state.to_close.clear();
        state.paused.clear();
        state.death = None;
        state.charge.set(THREAD_BYTES);
        state.frames_from = 0;
        state.is_closing = false;
        state.yielder = None;
        true
    }

    /// Whether both are one coroutine.
    #[inline]
    pub fn same(self, other: Thread<'gc>) -> bool {
        Gc::ptr_eq(self.0, other.0)
    }

    pub(super) fn address(self) -> usize {
        Gc::as_ptr(self.0).addr()
    }

    pub(super) fn erased(self) -> Gc<'gc, ()> {
        Gc::erase(self.0)
    }

    pub(super) fn state(self) -> Ref<'gc, ThreadState<'gc>> {
        self.0.as_ref().state.borrow()
    }

    #[inline(always)]
    pub(super) fn state_mut(self, ctx: Context<'gc>) -> RefMut<'gc, ThreadState<'gc>> {
        field!(Gc::write(ctx.mc(), self.0), ThreadBody, state).unlock().borrow_mut()
    }
}

impl std::fmt::Debug for Thread<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("thread")
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn frame_is_four_words() {
        assert_eq!(size_of::<super::Frame<'_>>(), 32);
    }
}

//! Coroutines at rest, and the frames that make up their call stacks.
//!
//! A running coroutine's registers lie on the machine's one stack. A suspended one keeps only its live
//! values and its frames, so that an idle coroutine is a few hundred bytes. Positions in a frame are
//! absolute while it runs and counted from the coroutine's own start while it rests.

use gc_arena::{Collect, Gc, RefLock};

use super::context::Context;
use super::function::Closure;
use super::sequence::Sequence;
use super::value::Value;
use crate::bytecode::{Count, Label, Reg};

/// A coroutine.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub struct Thread<'gc>(Gc<'gc, RefLock<ThreadState<'gc>>>);

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

/// A coroutine's own things. While it runs they are empty: the machine has them.
#[derive(Collect)]
#[collect(no_drop)]
pub(super) struct ThreadState<'gc> {
    #[collect(require_static)]
    pub(super) status: Status,
    pub(super) values: Vec<Value<'gc>>,
    pub(super) frames: Vec<Frame<'gc>>,
    /// Stack positions of to-be-closed variables, lowest first.
    #[collect(require_static)]
    pub(super) to_close: Vec<u32>,
    /// The coroutines that were running on top of this one when it was paused for want of fuel.
    pub(super) paused: Vec<Thread<'gc>>,
    /// The error that killed it.
    pub(super) death: Option<Value<'gc>>,
    /// Whether it is being closed: an error then goes on closing rather than leaving the rest for later.
    pub(super) is_closing: bool,
    /// Whether it is a program's main coroutine, which cannot yield.
    pub(super) is_main: bool,
}

/// A call in progress, other than the one that runs.
#[derive(Collect)]
#[collect(no_drop)]
pub(super) enum Frame<'gc> {
    /// A Lua function that waits for a call it made, or is about to run on.
    Lua(LuaFrame<'gc>),
    /// A native function that goes on later.
    Native(NativeFrame<'gc>),
}

/// A Lua function's place in the machine.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub(super) struct LuaFrame<'gc> {
    pub(super) closure: Closure<'gc>,
    /// The stack position of `R0`.
    pub(super) base: u32,
    /// The next instruction.
    pub(super) pc: u32,
    /// How many extra arguments lie below `R0`.
    pub(super) extra: u32,
    /// What to do with the values that come back.
    #[collect(require_static)]
    pub(super) pending: Pending,
}

/// What a Lua frame does with the values of the call it made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pending {
    /// Nothing is awaited; the frame runs on at `pc`. Values from `R0` up to `top` are live.
    Run { top: u32 },
    /// Put as many as wanted into `to` and above.
    Results { to: Reg, want: Count },
    /// Put the first into `to`.
    Store { to: Reg },
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

/// A native function's place in the machine.
#[derive(Collect)]
#[collect(no_drop)]
pub(super) struct NativeFrame<'gc> {
    pub(super) sequence: Box<dyn Sequence<'gc> + 'gc>,
    /// The stack position its arguments and results go to.
    pub(super) base: u32,
    /// How many values it left at `base` when it was paused, to be polled with again.
    pub(super) held: u32,
    /// Whether it was paused.
    pub(super) is_held: bool,
}

impl Frame<'_> {
    /// The frame with its stack positions changed.
    pub(super) fn moved(mut self, change: impl Fn(u32) -> u32) -> Self {
        match &mut self {
            Frame::Lua(frame) => frame.base = change(frame.base),
            Frame::Native(frame) => frame.base = change(frame.base),
        }
        self
    }
}

impl<'gc> Thread<'gc> {
    /// A coroutine that will call `function`.
    pub fn new(ctx: Context<'gc>, function: Value<'gc>) -> Thread<'gc> {
        Thread(Gc::new(
            ctx.mc(),
            RefLock::new(ThreadState {
                status: Status::Suspended,
                values: vec![function],
                frames: Vec::new(),
                to_close: Vec::new(),
                paused: Vec::new(),
                death: None,
                is_closing: false,
                is_main: false,
            }),
        ))
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
    pub fn status(self) -> Status {
        self.0.borrow().status
    }

    /// The error that killed it, if one did.
    pub fn error(self) -> Option<Value<'gc>> {
        self.state().death
    }

    /// Whether it was ever resumed.
    pub fn has_begun(self) -> bool {
        let state = self.0.borrow();
        !(state.status == Status::Suspended && state.frames.is_empty() && state.values.len() == 1)
    }

    /// Makes it dead at once, without closing anything, unless it is running.
    pub fn kill(self, ctx: Context<'gc>) {
        let mut state = self.state_mut(ctx);
        if matches!(state.status, Status::Suspended | Status::Dead) {
            state.status = Status::Dead;
            state.values = Vec::new();
            state.frames = Vec::new();
            state.to_close = Vec::new();
            state.paused = Vec::new();
        }
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

    pub(super) fn state(self) -> std::cell::Ref<'gc, ThreadState<'gc>> {
        self.0.borrow()
    }

    pub(super) fn state_mut(self, ctx: Context<'gc>) -> std::cell::RefMut<'gc, ThreadState<'gc>> {
        self.0.borrow_mut(ctx.mc())
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn frame_is_five_words_at_most() {
        assert!(size_of::<super::Frame<'_>>() <= 40, "{}", size_of::<super::Frame<'_>>());
    }
}

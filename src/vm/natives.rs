//! The states of the native functions in the call stack that runs.
//!
//! Of the natives that go on later, nearly all do no more than pass on what comes back: `coroutine.resume`, what
//! `coroutine.wrap` returns, `pcall`. Their states are the same but for two pointers. So a place in the list that has
//! become free keeps such a state, without the pointers, and the next one of its kind is there in two stores.
//! (2026-11-23: a state that is made elsewhere and copied to its place waits for its own stores; a resume with its yield
//! took 60 instructions more, and generators 1.05 times as long.)

use std::ops::{Deref, DerefMut};

use gc_arena::Collect;

use super::function::Native;
use super::sequence::Sequence;
use super::thread::{NativeState, Thread};

/// The states, the innermost function's last.
#[derive(Collect, Default)]
#[collect(no_drop)]
pub(super) struct Natives<'gc> {
    /// The states, and free places: each holds a state of a [`Passing`] native, or one that says nothing.
    slots: Vec<NativeState<'gc>>,
    len: usize,
}

/// A native function that passes on what comes back to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passing {
    /// What `coroutine.wrap` returned.
    Wrapped,
    /// `coroutine.resume`
    Resumed,
    /// `pcall`
    Protected,
}

impl<'gc> Natives<'gc> {
    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn push(&mut self, native: NativeState<'gc>) {
        match self.slots.get_mut(self.len) {
            Some(slot) => *slot = native,
            None => self.slots.push(native),
        }
        self.len += 1;
    }

    /// Adds the state of a native function that passes on what comes back, from the coroutine that it resumes.
    #[inline(always)]
    pub(super) fn push_passing(&mut self, passing: Passing, callee: Native<'gc>, resumed: Option<Thread<'gc>>) {
        match self.slots.get_mut(self.len) {
            Some(slot) if slot.passing == Some(passing) => {
                slot.callee = Some(callee);
                slot.resumed = resumed;
                self.len += 1;
            }
            _ => self.push_made(passing, callee, resumed),
        }
    }

    #[cold]
    #[inline(never)]
    fn push_made(&mut self, passing: Passing, callee: Native<'gc>, resumed: Option<Thread<'gc>>) {
        self.push(NativeState { resumed, ..NativeState::passing(passing, Some(callee)) });
    }

    /// Drops the last state.
    #[inline(always)]
    pub(super) fn drop_last(&mut self) {
        match self.last_mut() {
            Some(last) if last.passing.is_some() => {
                last.callee = None;
                last.resumed = None;
                self.len -= 1;
            }
            _ => drop(self.pop()),
        }
    }

    pub(super) fn pop(&mut self) -> Option<NativeState<'gc>> {
        let last = self.last_mut()?;
        let last = std::mem::replace(last, NativeState::passing(Passing::Resumed, None));
        self.len -= 1;
        Some(last)
    }

    /// Takes the sequence out of the last state, which is no longer one of the states: until [`Natives::take_back`] or
    /// [`Natives::complete`] its place keeps all else, so that a sequence that is polled and goes on is not moved.
    #[inline]
    pub(super) fn lend(&mut self) -> Option<Box<dyn Sequence<'gc> + 'gc>> {
        let last = self.last_mut()?;
        let sequence = std::mem::replace(&mut last.sequence, Passing::Resumed.sequence());
        self.len -= 1;
        Some(sequence)
    }

    /// Puts a sequence back that was lent.
    #[inline]
    pub(super) fn take_back(&mut self, sequence: Box<dyn Sequence<'gc> + 'gc>) {
        if let Some(slot) = self.slots.get_mut(self.len) {
            // To drop what holds nothing would be a call.
            std::mem::forget(std::mem::replace(&mut slot.sequence, sequence));
            self.len += 1;
        }
    }

    /// The state whose sequence was lent; its place becomes free.
    pub(super) fn complete(&mut self, sequence: Box<dyn Sequence<'gc> + 'gc>) -> NativeState<'gc> {
        self.take_back(sequence);
        self.pop().unwrap_or_else(|| NativeState::passing(Passing::Resumed, None))
    }

    pub(super) fn truncate(&mut self, len: usize) {
        while self.len > len {
            self.drop_last();
        }
    }

    /// Moves the states of a coroutine that rested here.
    pub(super) fn append(&mut self, natives: &mut Vec<NativeState<'gc>>) {
        natives.drain(..).for_each(|native| self.push(native));
    }

    /// Moves the states from `from` on to a coroutine that is to rest.
    pub(super) fn split_off(&mut self, from: usize, to: &mut Vec<NativeState<'gc>>) {
        self.slots.truncate(self.len);
        // A task that waits in a native has one state for as long as it waits; a vector would make room for four.
        to.reserve_exact(self.len.saturating_sub(from));
        to.extend(self.slots.drain(from.min(self.len)..));
        self.len = self.slots.len();
    }
}

impl<'gc> Deref for Natives<'gc> {
    type Target = [NativeState<'gc>];

    #[inline(always)]
    fn deref(&self) -> &[NativeState<'gc>] {
        self.slots.get(..self.len).unwrap_or_default()
    }
}

impl DerefMut for Natives<'_> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.slots.get_mut(..self.len).unwrap_or_default()
    }
}

//! Moments at which tasks are due, by one clock.
//!
//! A sleeper costs nothing until its moment has come. One that is woken earlier, or is no more, leaves its moment
//! behind; such moments are dropped when they come, or all together once they are the greater part.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::tasks::Key;

/// A sleeper: which task, and which of its waits. The wait's number tells whether it is still the one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::plugin) struct Sleeper {
    pub(super) key: Key,
    pub(super) wait: u32,
}

/// The sleepers of one clock, which counts in `T`.
#[derive(Debug)]
pub(super) struct Timers<T> {
    heap: BinaryHeap<Reverse<(T, Sleeper)>>,
    /// How many of the sleepers have been woken already.
    stale: usize,
}

impl<T: Ord + Copy> Timers<T> {
    /// Adds a sleeper that is due at a moment.
    pub(super) fn add(&mut self, due: T, sleeper: Sleeper) {
        self.heap.push(Reverse((due, sleeper)));
    }

    /// Takes out a sleeper whose moment has come. Whether it still sleeps is for the caller to see.
    pub(super) fn pop(&mut self, now: T) -> Option<Sleeper> {
        let &Reverse((due, sleeper)) = self.heap.peek()?;
        if due > now {
            return None;
        }
        self.heap.pop();
        Some(sleeper)
    }

    /// Notes that one of the sleepers was woken before its moment.
    pub(super) fn note_stale(&mut self, still_sleeps: impl Fn(Sleeper) -> bool) {
        const STALE_MIN: usize = 256;
        self.stale += 1;
        if self.stale < STALE_MIN || self.stale * 2 < self.heap.len() {
            return;
        }
        self.heap.retain(|Reverse((_, sleeper))| still_sleeps(*sleeper));
        self.stale = 0;
    }

    /// Notes that one of them came out of the heap after all.
    pub(super) fn note_dropped(&mut self) {
        self.stale = self.stale.saturating_sub(1);
    }
}

impl<T: Ord> Default for Timers<T> {
    fn default() -> Timers<T> {
        Timers { heap: BinaryHeap::new(), stale: 0 }
    }
}

//! What the parts of the machine hand to each other while it runs.
//!
//! Each part does its piece and ends with a word that says what is next; the values, the coroutine or the error
//! that it is about lie in the step.

use std::any::Any;

use super::context::Context;
use super::error::Raised;
use super::executor::Progress;
use super::thread::Thread;
use super::value::Value;

/// What the machine does next. What it does it with is in the [`Step`]: an enum that carried it would be moved
/// from hand to hand, and each move right after the parts were stored would wait for them (resume and yield
/// took 1.5 times as long).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Run the Lua frame on top.
    Run,
    /// Call the value at `start` with the `count` values above it.
    Call,
    /// Give the values to whoever waits for them: the frame on top, or the coroutine's resumer.
    Deliver,
    /// Raise the error, which is complete.
    Raise,
    /// Resume the coroutine with the values, for the native frame on top.
    Resume,
    /// Yield the values from the running coroutine.
    Yield,
    /// Suspend the whole task and show the values to the host.
    Suspend,
    /// Suspend the whole task, for want of fuel.
    Pause,
    /// Leave: with the error, if there is one.
    Leave,
}

/// What a step needs from outside the machine, and what its parts hand to each other.
pub(super) struct Step<'a, 'gc> {
    pub(super) ctx: Context<'gc>,
    pub(super) host: &'a mut dyn Any,
    pub(super) results: &'a mut Vec<Value<'gc>>,
    start: usize,
    count: usize,
    thread: Option<Thread<'gc>>,
    raised: Option<Raised<'gc>>,
    progress: Progress,
    /// What is next after a native function that did not return at once.
    pub(super) after_native: Next,
}

impl<'a, 'gc> Step<'a, 'gc> {
    /// A step that has not begun.
    pub(super) fn new(ctx: Context<'gc>, host: &'a mut dyn Any, results: &'a mut Vec<Value<'gc>>) -> Step<'a, 'gc> {
        Step {
            ctx,
            host,
            results,
            start: 0,
            count: 0,
            thread: None,
            raised: None,
            progress: Progress::Finished,
            after_native: Next::Run,
        }
    }

    /// The error at hand.
    pub(super) fn take_raised(&mut self) -> Option<Raised<'gc>> {
        self.raised.take()
    }

    /// The coroutine at hand.
    pub(super) fn take_thread(&mut self) -> Option<Thread<'gc>> {
        self.thread.take()
    }

    /// How the step ended.
    pub(super) fn outcome(&mut self) -> Result<Progress, Raised<'gc>> {
        self.raised.take().map_or(Ok(self.progress), Err)
    }

    /// The start and number of the values at hand.
    #[inline]
    pub(super) fn values(&self) -> (usize, usize) {
        (self.start, self.count)
    }

    /// Next, call the value at `func` with the `count` values above it.
    #[inline]
    pub(super) fn call(&mut self, func: usize, count: usize) -> Next {
        (self.start, self.count) = (func, count);
        Next::Call
    }

    /// Next, give `count` values from `start` on to whoever waits for them.
    #[inline]
    pub(super) fn deliver(&mut self, start: usize, count: usize) -> Next {
        (self.start, self.count) = (start, count);
        Next::Deliver
    }

    /// Next, do `next` with `count` values from `start` on.
    #[inline]
    pub(super) fn hand_over(&mut self, next: Next, start: usize, count: usize) -> Next {
        (self.start, self.count) = (start, count);
        next
    }

    /// Next, resume a coroutine with `count` values from `start` on.
    #[inline]
    pub(super) fn resume(&mut self, thread: Thread<'gc>, start: usize, count: usize) -> Next {
        self.thread = Some(thread);
        (self.start, self.count) = (start, count);
        Next::Resume
    }

    /// Next, raise a complete error.
    #[cold]
    pub(super) fn raise(&mut self, raised: Raised<'gc>) -> Next {
        self.raised = Some(raised);
        Next::Raise
    }

    /// Next, leave with an error.
    #[cold]
    pub(super) fn fail(&mut self, raised: Raised<'gc>) -> Next {
        self.raised = Some(raised);
        Next::Leave
    }

    /// Next, leave.
    #[inline]
    pub(super) fn leave(&mut self, progress: Progress) -> Next {
        self.progress = progress;
        Next::Leave
    }
}

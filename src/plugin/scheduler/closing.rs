//! The last words of a task: what it has left to be closed, and what is to be called when it is cancelled.
//!
//! They get one slice of instructions, of the frame's budget for all of them, and no wait: who waits while closing gets an
//! error there, and the rest is closed all the same. Everything else that a task may ask for is answered at once; only that
//! a task which is cancelled meanwhile is closed after this one: however many cancel each other, none is closed within
//! another.

use std::any::Any;

use super::restart::first_place;
use super::tasks::{Key, Slot};
use super::turn::Turn;
use crate::api::{Progress, Raised, Thread, Value};

/// Where a task is that is being closed.
const CLOSING: &str = "while closing";

/// The instructions that a task may run while it is closed, even if the others of the frame have used up the frame's.
const CLOSING_MIN: u64 = 1000;

impl<'gc> Turn<'_, 'gc> {
    /// Runs what a coroutine has still to close, then what is to be called when it is cancelled, and forgets it.
    pub(super) fn close(&mut self, key: Key) {
        let Some(&Slot { entity, program, .. }) = self.parts.tasks.get(key) else { return };
        let Some(thread) = self.thread(key) else { return };
        self.drop_thread(key);
        let before = self.parts.shared.who();
        self.enter_script(key, entity, program);
        let was_closing = std::mem::replace(&mut self.parts.is_closing, true);
        let slice = self.parts.tasks.slice(key, self.slice);
        let grant = slice.min(self.parts.closing_left).max(CLOSING_MIN);
        let mut fuel = i64::try_from(grant).unwrap_or(i64::MAX);
        // A variable that fails to close leaves the others to be closed. A coroutine that was resumed by another one, which
        // waits, cannot be closed at all.
        while let Err(raised) = self.run_through(key, (thread, None), CLOSING, &mut fuel) {
            self.fail_on(None, entity, program, &raised);
            if fuel <= 0 || !thread.is_at_rest() {
                break;
            }
        }
        thread.kill(self.ctx);
        while let Some(function) = self.take_cleanup(key) {
            // In its own coroutine, which is of no more use: where very many end at once, another one for each is memory
            // that no cache has.
            let thread = if thread.begin_anew(self.ctx, function) { thread } else { Thread::new(self.ctx, function) };
            if let Err(raised) = self.run_through(key, (thread, Some(Value::Nil)), CLOSING, &mut fuel) {
                self.fail_on(None, entity, program, &raised);
            }
            thread.kill(self.ctx);
            if fuel <= 0 {
                break;
            }
        }
        self.flush_output();
        self.parts.shared.set_who(before);
        let used = grant.saturating_sub(u64::try_from(fuel).unwrap_or(0));
        self.parts.closing_left = self.parts.closing_left.saturating_sub(used);
        if !was_closing {
            while let Some(other) = self.parts.to_cancel.pop_front() {
                self.cancel_now(other);
            }
            self.parts.is_closing = false;
        }
    }

    /// Runs a coroutine of a task to its end, though it cannot wait: with an argument, or else what it has still to close.
    /// What it asks for besides is answered at once.
    ///
    /// # Errors
    /// What the coroutine raises. Also if it yields to the game, or uses up its instructions.
    pub(super) fn run_through(
        &mut self,
        key: Key,
        (thread, argument): (Thread<'gc>, Option<Value<'gc>>),
        place: &'static str,
        fuel: &mut i64,
    ) -> Result<(), Raised<'gc>> {
        let kept = std::mem::take(&mut self.results);
        let before = self.parts.shared.no_wait.replace(Some(place));
        let host: &mut dyn Any = self.world;
        let mut progress = match argument {
            Some(argument) => self.ctx.resume(thread, &[argument], host, fuel, &mut self.results),
            None => self.ctx.close(thread, host, fuel, &mut self.results),
        };
        let outcome = loop {
            let request = self.parts.shared.take_request();
            let answer = match (progress, request) {
                (Err(raised), _) => break Err(raised),
                (Ok(Progress::Finished), _) => break Ok(()),
                (Ok(Progress::Suspended), Some(request)) => self.answer_to(key, request),
                (Ok(Progress::OutOfFuel), _) => break Err(self.cut_short(thread, place)),
                (Ok(Progress::Yielded | Progress::Suspended), _) => {
                    let script = self.parts.shared.script.borrow().to_string();
                    break Err(Raised::message(format!("{script}: cannot yield to the game {place}")));
                }
            };
            if let Some(task) = self.parts.starting_now.take() {
                self.parts.tasks.next_is(task);
            }
            if let Err(raised) = &answer {
                thread.raise_next(self.ctx, self.message(raised));
            }
            let host: &mut dyn Any = self.world;
            progress = self.ctx.resume(thread, &[answer.unwrap_or_default()], host, fuel, &mut self.results);
        };
        self.parts.shared.no_wait.set(before);
        self.results = kept;
        outcome
    }

    #[cold]
    fn cut_short(&self, thread: Thread<'gc>, place: &str) -> Raised<'gc> {
        let traceback = thread.traceback(self.ctx);
        let at = first_place(&traceback);
        Raised::message(format!("{at}: it has used up a slice of instructions {place}, and ends here"))
    }

    /// The function to call next of those that are to be called when a task is cancelled: the last one first.
    fn take_cleanup(&mut self, key: Key) -> Option<Value<'gc>> {
        let slot = self.parts.tasks.get_mut(key).filter(|slot| slot.has_cleanups)?;
        let Value::Table(list) = self.roots.cleanups.get_integer(self.ctx, i64::from(key.slot) + 1) else {
            return None;
        };
        let last = list.len();
        let function = list.get_integer(self.ctx, last);
        slot.has_cleanups = last > 1;
        // The place exists, so nothing is allocated that could fail.
        let _ = list.set_integer(self.ctx, last, Value::Nil);
        (!function.is_nil()).then_some(function)
    }
}

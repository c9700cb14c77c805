//! The collector's driver: when it works, how much at once, and what it does at the end of marking.
//!
//! A machine without weak tables and finalizers is collected by gc-arena's own incremental steps. With them, a cycle
//! is stopped where everything is marked, for the steps of the machine's room between marking and sweeping. The
//! first rounds of these, in which ephemerons mark their values, are spread over visits like marking itself; the
//! rest is done in one go.

use gc_arena::arena::CollectionPhase;

use std::any::Any;

use crate::vm::{Aftermath, CollectorOptions, Context, Fault, Raised, Rounds, Value};

use super::error::{Error, ErrorKind};
use super::lua::{Lua, SLICE, Task};

/// At least one part in so many of the memory limit must be free after a full collection.
const LEAST_FREE_SHARE: usize = 16;

/// How many shards of what the context sweeps there are to go round after a cycle of the collector.
const SWEEPS: u32 = 64;

/// How many of them are swept at once.
const SWEEPS_AT_ONCE: u32 = 8;

/// Rounds of ephemerons that are marked incrementally; the others are done in one go.
const SPREAD_ROUNDS: u32 = 4;

/// Where the collector is.
#[derive(Debug, Default)]
pub(super) struct Collector {
    sweeps_left: u32,
    was_collecting: bool,
    /// How many rounds of this cycle's ephemerons were spread over visits.
    spread: u32,
}

/// What the collector did in a call of [`Lua::collect_for`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Collected {
    /// The units of work.
    pub units: usize,
    /// Whether a cycle has come to its end.
    pub is_complete: bool,
}

/// How far the finalizers got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finalizers {
    /// All that were due have run.
    Done,
    /// The fuel ran out.
    Paused,
}

impl Lua {
    // -- finalizers ----------------------------------------------------------------------------------

    /// Sets whether a table or userdata can have a finalizer, the `__gc` of its metatable (§2.5.3). It can in a machine
    /// with [`Libraries::ALL`](crate::Libraries::ALL), and at first in no other: a finalizer runs when it suits the
    /// collector, in whatever task is resumed next, and takes that task's fuel. Scripts that do not trust each other
    /// should not have that.
    ///
    /// Objects that were marked for finalization while this was on will still be finalized.
    pub fn set_finalizers(&mut self, may_have: bool) {
        self.enter(|ctx| ctx.set_finalizers(may_have));
    }

    /// Runs the finalizers of all objects that have one, in the reverse order of their marking, as Lua does before a
    /// state is closed. Returns whether all have run; if the fuel was not enough, call it again. Nothing can be
    /// marked for finalization from then on. To drop a machine without this runs no Lua code.
    ///
    /// # Example
    /// ```
    /// # use deimos::Lua;
    /// let mut lua = Lua::new();
    /// lua.set_finalizers(true);
    /// let chunk = lua.load("=last", "setmetatable({}, { __gc = function() done = true end })")?;
    /// let () = chunk.call(&mut lua, ())?;
    /// assert!(lua.close(&mut (), 1_000_000));
    /// let done: bool = lua.load("=after", "return done")?.call(&mut lua, ())?;
    /// assert!(done);
    /// # Ok::<(), deimos::Error>(())
    /// ```
    #[expect(clippy::redundant_closure_for_method_calls, reason = "the path alone is not general enough in `'gc`")]
    pub fn close(&mut self, host: &mut dyn Any, fuel: u64) -> bool {
        self.enter(|ctx| ctx.doom_all());
        let mut left = fuel;
        loop {
            match self.run_finalizers(host, &mut left) {
                Ok(reached) => return reached == Finalizers::Done,
                // One that asks for the end of the program, and for all to be closed before, has that: the others go on.
                Err(error) if matches!(error.kind(), ErrorKind::Exit { close: true, .. }) => {}
                Err(_) => return true,
            }
        }
    }

    /// Runs the finalizers that are due, one to its end before anything else runs.
    #[expect(clippy::redundant_closure_for_method_calls, reason = "the path alone is not general enough in `'gc`")]
    pub(super) fn run_finalizers(&mut self, host: &mut dyn Any, left: &mut u64) -> Result<Finalizers, Error> {
        while self.arena.mutate(|mc, state| Context::new(mc, state).has_doomed()) {
            if *left == 0 {
                return Ok(Finalizers::Paused);
            }
            let given = i64::try_from((*left).min(SLICE)).unwrap_or(i64::MAX);
            let mut fuel = given;
            self.enter(|ctx| ctx.run_finalizers(host, &mut fuel).map_err(|raised| Error::from_raised(ctx, &raised)))?;
            *left = left.saturating_sub(u64::try_from(given.saturating_sub(fuel)).unwrap_or(0).max(1));
            self.collect();
            if self.is_out_of_memory() {
                self.enter(|ctx| ctx.drop_finalizers());
            }
        }
        Ok(Finalizers::Done)
    }

    // -- memory --------------------------------------------------------------------------------------

    /// The memory in use, in bytes, by the machine's own account: garbage not collected yet included.
    pub fn memory_used(&self) -> usize {
        self.ledger.used()
    }

    /// The most memory that may be in use, in bytes.
    pub fn memory_limit(&self) -> usize {
        self.ledger.limit()
    }

    /// Sets the most memory that may be in use, in bytes. A task that goes beyond it fails with
    /// [`ErrorKind::Memory`], which no script can catch; so does one that meets it with less than a sixteenth of it
    /// free after everything unreachable was collected.
    pub fn set_memory_limit(&mut self, bytes: usize) {
        self.ledger.set_limit(bytes);
    }

    /// Sets how long the collector pauses between two cycles, in percent of what the last one found alive: 200 unless set,
    /// with which the heap may double before the next; 100 to 1000. Less takes less memory and more time. Scripts in a machine
    /// with finalizers set the same by `collectgarbage("setpause")`.
    ///
    /// # Example
    ///
    /// ```
    /// let mut lua = deimos::Lua::new();
    /// lua.set_collector_pause(150);
    /// ```
    pub fn set_collector_pause(&mut self, percent: u32) {
        self.enter(|ctx| {
            let options = ctx.collector_options();
            ctx.set_collector_options(CollectorOptions { pause: percent.into(), ..options });
        });
    }

    /// Lets the collector do the work that is due: about as much as was allocated since the last time.
    pub fn collect(&mut self) {
        self.tell_collector();
        let before = self.arena.metrics().total_gc_count();
        if !self.arena.mutate(|mc, state| Context::new(mc, state).collector_options().is_stopped) {
            self.pay_debt();
        }
        if self.arena.mutate(|mc, state| Context::new(mc, state).take_collection_request()) {
            self.collect_full();
        }
        self.note_work(before);
    }

    /// The work that is due, in units: one for each object that was allocated, more for a big one, as far as it was
    /// not paid by [`Lua::collect`] or [`Lua::collect_for`].
    pub fn work_due(&mut self) -> usize {
        self.tell_collector();
        whole(self.balance())
    }

    /// Lets the collector do so many units of work, whether they are due or not, as long as `goes_on` says yes, which is
    /// asked now and then. For a host that has a frame to finish: the rest stays due. One unit pays for following or
    /// freeing about five objects of the usual size. Where the heap holds bigger ones, it pays for fewer, as many as are
    /// about as big on the average, for lists take as long to follow as they are.
    ///
    /// With 500,000 tables in the heap 4000 units took 1.2 ms (2026-11-28, the median of a cycle's 27 calls).
    ///
    /// It stops where a cycle, in which everything is followed and then what was not found is freed, comes to its end.
    /// What was still due is then forgiven, for the pause before the next cycle is reckoned anew.
    ///
    /// # Example
    /// ```
    /// # use deimos::Lua;
    /// let mut lua = Lua::new();
    /// let chunk = lua.load("=demo", "for i = 1, 100000 do local _ = {} end")?;
    /// let task = lua.spawn(&chunk, ())?;
    /// lua.resume(&task, &mut (), 1_000_000)?;
    /// // A cycle that was under way, and a whole one.
    /// for _ in 0..2 {
    ///     while !lua.collect_for(1_000, || true).is_complete {}
    /// }
    /// assert!(lua.memory_used() < 1 << 20);
    /// # Ok::<(), deimos::Error>(())
    /// ```
    pub fn collect_for(&mut self, units: usize, mut goes_on: impl FnMut() -> bool) -> Collected {
        const AT_ONCE: usize = 64;
        self.tell_collector();
        self.clear_stack();
        let before = self.arena.metrics().total_gc_count();
        let mut done = Collected { units: 0, is_complete: false };
        while done.units < units && !done.is_complete && (done.units == 0 || goes_on()) {
            let part = AT_ONCE.min(units - done.units);
            done.is_complete = self.work_for(part);
            done.units += part;
        }
        self.note_work(before);
        done
    }

    /// Works for so many units, or to the end of the cycle. Whether it came there.
    #[expect(clippy::cast_precision_loss, reason = "the collector counts in floats")]
    fn work_for(&mut self, units: usize) -> bool {
        let due = self.balance();
        // gc-arena counts objects, whatever their size.
        let work = units as f64 / self.ledger.average_size();
        self.arena.metrics().adjust_debt(work - due);
        let is_complete = self.pay_within_cycle();
        if !is_complete {
            self.arena.metrics().adjust_debt(due - units as f64);
        }
        is_complete
    }

    /// What is due, or below zero what may be allocated before anything is.
    fn balance(&self) -> f64 {
        // Less than nothing is shown as nothing, but for a sum so large that it never comes to that.
        const ABOVE: f64 = 1e12;
        let metrics = self.arena.metrics();
        metrics.adjust_debt(ABOVE);
        let balance = metrics.allocation_debt() - ABOVE;
        metrics.adjust_debt(-ABOVE);
        balance
    }

    fn tell_collector(&mut self) {
        self.ledger.tell_collector(self.arena.collection_phase() == CollectionPhase::Sweeping);
    }

    /// After the collector has worked: notes how far it came, and sweeps what the context keeps about the dead.
    fn note_work(&mut self, before: usize) {
        self.ledger.mark_time();
        let is_collecting = self.arena.collection_phase() != CollectionPhase::Sleeping;
        // A small heap is collected from beginning to end in one visit.
        let has_freed = self.arena.metrics().total_gc_count() < before;
        if !is_collecting && (self.collector.was_collecting || has_freed) {
            self.collector.sweeps_left = SWEEPS;
            self.ledger.sleep();
        }
        self.collector.was_collecting = is_collecting;
        if self.collector.sweeps_left > 0 && !is_collecting {
            self.collector.sweeps_left = self.collector.sweeps_left.saturating_sub(SWEEPS_AT_ONCE);
            self.enter(|ctx| (0..SWEEPS_AT_ONCE).for_each(|_| ctx.sweep()));
            if self.collector.sweeps_left == 0 {
                self.ledger.settle();
            }
        }
    }

    /// Collects everything that is garbage now.
    #[expect(clippy::redundant_closure_for_method_calls, reason = "the path alone is not general enough in `'gc`")]
    pub fn collect_full(&mut self) {
        // The strings made recently would outlive one cycle, and those known weakly then another.
        self.enter(|ctx| ctx.sweep_strings());
        self.collect_unreachable();
        // What is known only weakly is dropped by now, but its memory goes a cycle after its last entry.
        self.enter(|ctx| {
            ctx.sweep_strings();
            ctx.sweep();
        });
        self.finish_cycle();
        self.ledger.mark_time();
        self.ledger.sleep();
        self.ledger.settle();
        self.collector.sweeps_left = 0;
    }

    fn collect_unreachable(&mut self) {
        if self.arena.collection_phase() != CollectionPhase::Sleeping {
            self.finish_cycle();
        }
        self.finish_cycle();
        self.ledger.mark_time();
        self.ledger.sleep();
        self.collector.was_collecting = false;
        self.collector.sweeps_left = SWEEPS;
    }

    pub(super) fn enforce_limit(&mut self, task: &Task) -> Result<(), Error> {
        if !self.is_out_of_memory() {
            return Ok(());
        }
        self.enter(|ctx| {
            if let Value::Thread(thread) = ctx.fetch(&task.thread) {
                thread.kill(ctx);
            }
            Err(Error::from_raised(ctx, &Raised::fault(Fault::OutOfMemory)))
        })
    }

    /// Whether the limit is exceeded, and a full collection does not help.
    fn is_out_of_memory(&mut self) -> bool {
        if !self.ledger.is_exceeded() {
            return false;
        }
        self.collect_unreachable();
        // A task that leaves next to nothing free would have everything collected in every slice from now on.
        self.ledger.check(self.ledger.limit() / LEAST_FREE_SHARE).is_err()
    }

    /// What visits left on the stack is no root.
    fn clear_stack(&mut self) {
        self.arena.mutate(|mc, state| Context::new(mc, state).clear_stack());
    }

    fn has_afterlife(&self) -> bool {
        self.arena.mutate(|mc, state| Context::new(mc, state).has_afterlife())
    }

    fn begin_cycle(&mut self) {
        self.collector.spread = 0;
        self.arena.mutate(|mc, state| Context::new(mc, state).begin_cycle());
    }

    /// Does the work that is due.
    fn pay_debt(&mut self) {
        if self.arena.metrics().allocation_debt() <= 0.0 {
            return;
        }
        self.clear_stack();
        let mut is_whole = self.arena.collection_phase() == CollectionPhase::Sleeping;
        while self.pay_within_cycle() {
            // As gc-arena does: debt that a whole cycle has not paid is let go.
            if std::mem::replace(&mut is_whole, true) {
                let debt = self.arena.metrics().allocation_debt();
                self.arena.metrics().adjust_debt(-debt);
            }
        }
    }

    /// Does the work that is due, but stops at the end of a cycle. Whether it came there.
    fn pay_within_cycle(&mut self) -> bool {
        while self.arena.metrics().allocation_debt() > 0.0 {
            match self.arena.collection_phase() {
                phase if phase != CollectionPhase::Sweeping && self.has_afterlife() => {
                    if phase == CollectionPhase::Sleeping {
                        self.begin_cycle();
                    }
                    self.mark();
                }
                _ => self.arena.cycle_debt(),
            }
            if self.arena.collection_phase() == CollectionPhase::Sleeping {
                return true;
            }
        }
        false
    }

    /// Marks for as much as is due, and goes on to sweeping when there is nothing left to mark.
    fn mark(&mut self) {
        let Some(marked) = self.arena.mark_debt() else { return };
        if self.collector.spread < SPREAD_ROUNDS {
            self.collector.spread += 1;
            if marked.finalize(|fc, state| Aftermath::new(fc, state).converge(&mut Rounds::default())) {
                return;
            }
        }
        self.finish_marking();
    }

    fn finish_cycle(&mut self) {
        self.clear_stack();
        if self.has_afterlife() {
            if self.arena.collection_phase() == CollectionPhase::Sleeping {
                self.begin_cycle();
            }
            self.finish_marking();
        }
        self.arena.finish_cycle();
    }

    /// Takes all steps from marking to sweeping in one go, unless the arena is being swept.
    fn finish_marking(&mut self) {
        let mut rounds = Rounds::default();
        self.converge(&mut rounds);
        let Some(marked) = self.arena.finish_marking() else { return };
        if marked.finalize(|fc, state| Aftermath::new(fc, state).doom()) {
            self.converge(&mut rounds);
        }
        let Some(marked) = self.arena.finish_marking() else { return };
        marked.finalize(|fc, state| Aftermath::new(fc, state).clear());
        if let Some(marked) = self.arena.finish_marking() {
            marked.start_sweeping();
        }
    }

    fn converge(&mut self, rounds: &mut Rounds) {
        while let Some(marked) = self.arena.finish_marking() {
            if !marked.finalize(|fc, state| Aftermath::new(fc, state).converge(rounds)) {
                return;
            }
        }
    }
}

/// A part of a unit is none.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "cut to what there is")]
fn whole(units: f64) -> usize {
    units.max(0.0) as usize
}

//! What happens between marking and sweeping: weak tables are cleared (§2.5.4), and objects with finalizers are
//! kept back for them (§2.5.3).
//!
//! The collector's driver lets a cycle begin with [`Context::begin_cycle`], which gives tables with a `__mode` their
//! weak part. When everything is marked it takes these steps, and marks what a step has rescued before the next:
//!
//! 1. [`Aftermath::converge`], again and again until it has nothing to do: marks what weak tables hold strongly
//!    after all, above all the values of ephemerons whose keys are alive;
//! 2. [`Aftermath::doom`]: clears dead values, then rescues the dead objects that have a finalizer; converge again;
//! 3. [`Aftermath::clear`]: clears dead keys and values.
//!
//! So a value that is rescued for its finalizer is no longer in weak tables when that runs, and a key still is.
//! The steps take time in proportion to the pairs in weak tables and the objects with finalizers; a program
//! without either never comes here.

use std::any::Any;
use std::collections::VecDeque;

use gc_arena::{Collect, Finalization, Gc, GcWeak};

use super::context::{Context, State};
use super::error::{Fault, Raised};
use super::executor::Progress;
use super::function::Native;
use super::gc::Charge;
use super::meta::Event;
use super::sequence::{Action, Call, Sequence};
use super::table::{Body as TableBody, Table};
use super::thread::Thread;
use super::value::Value;
use super::weak::Held;

/// Objects the collector does more for than to mark and sweep them.
#[derive(Collect, Default)]
#[collect(no_drop)]
pub(super) struct Afterlife<'gc> {
    /// Tables that are weak, or were when their metatable was set.
    watched: Vec<GcWeak<'gc, TableBody<'gc>>>,
    /// Objects with a finalizer, in the order in which they were marked for it.
    finalizable: Vec<Held<'gc>>,
    /// Objects whose finalizer is to run, in this order.
    doomed: VecDeque<Value<'gc>>,
    /// The coroutine that runs finalizers, if it was paused in one.
    runner: Option<Thread<'gc>>,
    /// What the lists take.
    #[collect(require_static)]
    charge: Option<Charge>,
}

impl Afterlife<'_> {
    fn update_charge(&mut self, ctx: Context<'_>) {
        let objects = self.watched.capacity() + self.finalizable.capacity() + self.doomed.capacity();
        self.charge.get_or_insert_with(|| Charge::new(ctx.ledger(), 0)).set(objects * size_of::<Held<'_>>());
    }
}

/// What a table's `__mode` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mode {
    pub(super) weak_keys: bool,
    pub(super) weak_values: bool,
}

/// How many bytes of a `__mode` count.
const MODE_MAX: usize = 64;

/// What a table's `__mode` says, if that makes it weak.
pub(super) fn mode_of<'gc>(ctx: Context<'gc>, table: Table<'gc>) -> Option<Mode> {
    let Value::String(mode) = ctx.event_of(table.metatable()?, Event::Mode) else { return None };
    // Whoever means a mode names it in the first bytes; the collector asks this of each table that may be weak, in each step.
    let has = |letter| mode.as_bytes().iter().take(MODE_MAX).any(|byte| *byte == letter);
    let mode = Mode { weak_keys: has(b'k'), weak_values: has(b'v') };
    (mode.weak_keys || mode.weak_values).then_some(mode)
}

/// Sets whether an object is marked for finalization. Whether that is a change.
fn mark_finalizable(object: Value<'_>, is_finalizable: bool) -> bool {
    match object {
        Value::Table(table) => table.set_finalizable(is_finalizable) != is_finalizable,
        Value::UserData(data) => data.set_finalizable(is_finalizable) != is_finalizable,
        _ => false,
    }
}

impl<'gc> Context<'gc> {
    /// Looks in a metatable that an object was given for what concerns the collector.
    pub(super) fn notice_metatable(self, object: Value<'gc>, metatable: Table<'gc>) {
        if let Value::Table(table) = object
            // A metatable without any field is about to get some, perhaps a mode: look at it once more.
            && (metatable.has_no_fields() || !self.event_of(metatable, Event::Mode).is_nil())
            && !table.is_watched()
        {
            table.set_watched(true);
            let mut afterlife = self.afterlife_mut();
            afterlife.watched.push(Gc::downgrade(table.0));
            afterlife.update_charge(self);
        }
        if !self.event_of(metatable, Event::Gc).is_nil() && self.has_finalizers() && mark_finalizable(object, true) {
            let mut afterlife = self.afterlife_mut();
            afterlife.finalizable.push(Held::new(object));
            afterlife.update_charge(self);
        }
    }

    // -- finalizers ----------------------------------------------------------------------------------

    /// Whether there is a finalizer to run, or to go on with.
    pub fn has_doomed(self) -> bool {
        let afterlife = self.state().afterlife.as_ref().borrow();
        afterlife.runner.is_some() || !afterlife.doomed.is_empty()
    }

    /// Lines up all objects that are marked for finalization, alive or not. From now on no object can be marked.
    pub fn doom_all(self) {
        self.set_finalizers(false);
        let mut afterlife = self.afterlife_mut();
        for object in std::mem::take(&mut afterlife.finalizable).into_iter().rev() {
            let object = object.get(self.mc());
            mark_finalizable(object, false);
            afterlife.doomed.push_back(object);
        }
    }

    /// Runs finalizers for at most about `fuel`, in a coroutine of their own. What goes wrong in one is a warning.
    ///
    /// # Errors
    /// If a finalizer asks for the end of the program.
    pub fn run_finalizers(self, host: &mut dyn Any, fuel: &mut i64) -> Result<(), Raised<'gc>> {
        let runner = self.afterlife_mut().runner.take();
        let runner = runner.unwrap_or_else(|| {
            let begin = Native::new(self, "finalizers", |call| {
                call.leave(&[]);
                Ok(Action::Start(Box::new(Finalizing)))
            });
            let runner = Thread::new(self, Value::Native(begin));
            runner.set_main(self);
            runner
        });
        self.state().is_finalizing.set(true);
        let outcome = self.resume(runner, &[], host, fuel, &mut Vec::new());
        self.state().is_finalizing.set(false);
        match outcome {
            Ok(Progress::Finished) => {}
            Ok(Progress::OutOfFuel) => self.afterlife_mut().runner = Some(runner),
            Ok(Progress::Yielded | Progress::Suspended) => {
                runner.kill(self);
                self.warn_of(&Raised::message("attempt to wait in a finalizer"));
            }
            Err(raised) if raised.is_exit() => return Err(raised),
            Err(raised) => self.warn_of(&raised),
        }
        Ok(())
    }

    /// Ends the finalizer that was paused, for want of memory, and lets go of those that are to run behind it: each may
    /// take memory for more objects with finalizers, without end.
    pub fn drop_finalizers(self) {
        let runner = {
            let mut afterlife = self.afterlife_mut();
            afterlife.doomed.clear();
            afterlife.runner.take()
        };
        if let Some(runner) = runner {
            runner.kill(self);
        }
        self.warn_of(&Raised::fault(Fault::OutOfMemory));
    }

    fn warn_of(self, raised: &Raised<'gc>) {
        let mut warning = b"Lua warning: error in __gc (".to_vec();
        match raised.to_value(self) {
            Value::String(message) => warning.extend_from_slice(message.as_bytes()),
            number @ (Value::Integer(_) | Value::Float(_)) => {
                warning.extend_from_slice(self.plain_string(number).as_bytes());
            }
            _ => warning.extend_from_slice(b"error object is not a string"),
        }
        warning.push(b')');
        self.warn(&warning);
    }

    // -- weak tables ---------------------------------------------------------------------------------

    /// Whether the collector has to take the steps of this module in its next cycle.
    pub fn has_afterlife(self) -> bool {
        let afterlife = self.state().afterlife.as_ref().borrow();
        !(afterlife.watched.is_empty() && afterlife.finalizable.is_empty())
    }

    /// Before a cycle begins: gives tables the weak parts that their modes ask for.
    pub fn begin_cycle(self) {
        self.afterlife_mut().watched.retain(|table| {
            let Some(table) = table.upgrade(self.mc()).map(Table) else { return false };
            let is_weak = mode_of(self, table).is_some();
            match (is_weak, table.is_weak()) {
                (true, false) => table.become_weak(self),
                (false, true) => table.become_strong(self),
                _ => {}
            }
            let stays = is_weak || table.is_weak();
            table.set_watched(stays);
            stays
        });
    }

    fn afterlife_mut(self) -> std::cell::RefMut<'gc, Afterlife<'gc>> {
        self.state().afterlife.borrow_mut(self.mc())
    }
}

/// How much of [`Aftermath::converge`] there was in a cycle.
///
/// A chain of ephemerons, each value leading to the next one's key, may take one round for each link. So that a chain
/// made to take long cannot, rounds are limited: in the last one all pairs count as alive, and what was garbage among
/// them stays for a cycle.
#[derive(Debug, Default)]
pub struct Rounds {
    looked_at: usize,
    is_backward: bool,
}

/// For each pair in a weak table, so many may be looked at in a cycle, and [`LOOKS_MIN`] in any case.
const LOOKS: usize = 64;
const LOOKS_MIN: usize = 200_000;

/// A look at the arena when everything is marked.
#[derive(Clone, Copy)]
pub struct Aftermath<'gc> {
    fc: &'gc Finalization<'gc>,
    ctx: Context<'gc>,
}

impl<'gc> Aftermath<'gc> {
    /// A look at a marked arena.
    pub fn new(fc: &'gc Finalization<'gc>, state: &'gc State<'gc>) -> Aftermath<'gc> {
        Aftermath { fc, ctx: Context::new(fc, state) }
    }

    /// The weak tables that marking has reached.
    fn weak_tables(self) -> Vec<Table<'gc>> {
        let afterlife = self.ctx.state().afterlife.as_ref().borrow();
        let marked = afterlife.watched.iter().filter(|table| !table.is_dead(self.fc));
        marked.filter_map(|table| table.upgrade(self.fc)).map(Table).filter(|table| table.is_weak()).collect()
    }

    /// Marks what is to live because of what lives by now. Whether there was any such thing; then the marking is
    /// to be finished and this to be called again.
    pub fn converge(self, rounds: &mut Rounds) -> bool {
        let tables = self.weak_tables();
        let parts = tables.iter().filter_map(|table| table.weak_part());
        let pairs: usize = parts.map(|part| part.as_ref().borrow().len()).sum();
        rounds.looked_at = rounds.looked_at.saturating_add(pairs);
        rounds.is_backward = !rounds.is_backward;
        let gives_up = rounds.looked_at > pairs.saturating_mul(LOOKS).max(LOOKS_MIN);
        let mut has_rescued = false;
        for table in tables {
            let mode = if gives_up { None } else { mode_of(self.ctx, table) };
            has_rescued |= self.converge_table(table, mode, rounds.is_backward);
        }
        has_rescued
    }

    fn converge_table(self, table: Table<'gc>, mode: Option<Mode>, is_backward: bool) -> bool {
        let (strong_keys, strong_values) = match mode {
            Some(Mode { weak_keys: true, weak_values: true }) => return false,
            Some(mode) => (!mode.weak_keys, !mode.weak_values),
            None => (true, true),
        };
        let Some(part) = table.weak_part() else { return false };
        let part = part.as_ref().borrow();
        let mut has_rescued = false;
        let mut visit = |key: Held<'gc>, value: Held<'gc>| {
            if value.is_nil() {
                return;
            }
            if strong_keys {
                has_rescued |= key.rescue(self.fc);
            }
            if strong_values && !key.is_dead(self.fc) {
                has_rescued |= value.rescue(self.fc);
            }
        };
        if is_backward {
            part.entries().rev().for_each(|entry| visit(entry.key, entry.value));
        } else {
            part.entries().for_each(|entry| visit(entry.key, entry.value));
        }
        has_rescued
    }

    /// Rescues the dead objects that have a finalizer, and lines them up for it; before, their like is cleared from
    /// weak values. Whether there were any.
    pub fn doom(self) -> bool {
        let is_dead = |object: &Held<'gc>| object.is_dead(self.fc);
        if !self.ctx.state().afterlife.as_ref().borrow().finalizable.iter().any(is_dead) {
            return false;
        }
        self.clear_tables(false);
        let mut afterlife = self.ctx.afterlife_mut();
        let (dead, alive): (Vec<_>, Vec<_>) = afterlife.finalizable.iter().partition(|object| is_dead(object));
        afterlife.finalizable = alive;
        afterlife.update_charge(self.ctx);
        for object in dead.into_iter().rev() {
            object.rescue(self.fc);
            let object = object.get(self.fc);
            mark_finalizable(object, false);
            afterlife.doomed.push_back(object);
        }
        true
    }

    /// Clears the pairs whose key or value is dead, as far as the table holds it weakly.
    pub fn clear(self) {
        self.clear_tables(true);
        self.ctx.afterlife_mut().watched.retain(|table| !table.is_dead(self.fc));
    }

    fn clear_tables(self, keys_too: bool) {
        for table in self.weak_tables() {
            let (Some(mode), Some(part)) = (mode_of(self.ctx, table), table.weak_part()) else { continue };
            let dead_key =
                |key: Held<'gc>| keys_too && (mode.weak_keys || matches!(key, Held::Gone(_))) && key.is_dead(self.fc);
            let dead_value = |value: Held<'gc>| mode.weak_values && value.is_dead(self.fc);
            let is_clean =
                part.as_ref().borrow().entries().all(|entry| !dead_key(entry.key) && !dead_value(entry.value));
            if is_clean {
                continue;
            }
            for entry in part.borrow_mut(self.fc).entries_mut() {
                if dead_key(entry.key) {
                    entry.clear();
                } else if dead_value(entry.value) {
                    entry.clear_value();
                }
            }
        }
    }
}

/// Runs the finalizers of the objects that are lined up, one after the other.
#[derive(Collect)]
#[collect(require_static)]
struct Finalizing;

impl<'gc> Sequence<'gc> for Finalizing {
    fn name(&self) -> &'static str {
        "__gc"
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        loop {
            call.charge(1);
            let Some(object) = call.ctx.afterlife_mut().doomed.pop_front() else { return call.ret0() };
            let finalizer = call.ctx.metamethod(object, Event::Gc);
            if !finalizer.is_nil() {
                call.leave(&[finalizer, object]);
                return Ok(Action::Call);
            }
        }
    }

    fn catches(&self) -> bool {
        true
    }

    fn caught(&mut self, call: &mut Call<'_, 'gc>, error: Raised<'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        call.ctx.warn_of(&error);
        self.poll(call)
    }
}

impl std::fmt::Debug for Aftermath<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Aftermath")
    }
}

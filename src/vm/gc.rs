//! What the machine adds to the collector: a count of bytes, and its pacing.
//!
//! gc-arena counts objects. Small objects are therefore counted as [`OBJECT_BYTES`] each, and whatever is
//! bigger (long strings, big table parts, stacks) is entered in the [`Ledger`] when it is made and struck
//! off by its [`Charge`] when it is dropped. The sum of both is what a memory limit is compared with.

use std::cell::Cell;
use std::rc::Rc;

use gc_arena::metrics::{Metrics, Pacing};

/// What a garbage-collected object counts as: header, allocator overhead and the usual small payload.
pub const OBJECT_BYTES: usize = 96;

/// The bytes in use beyond [`OBJECT_BYTES`] for each object, and the limit for the sum of both.
pub struct Ledger {
    bytes: Cell<usize>,
    limit: Cell<usize>,
    metrics: Metrics,
    /// Bytes entered since the collector was last told.
    untold: Cell<usize>,
    /// Strings found dead since the last cycle. Their objects still count: what is known weakly, as all strings
    /// that were keys are, keeps its memory for one cycle more.
    swept: Cell<usize>,
    /// The objects there were when the collector last stopped working.
    counted: Cell<usize>,
    /// The objects made while the collector was sweeping, which counts them as alive, and the bytes entered.
    fresh: Cell<(usize, usize)>,
    /// How many allocations longer than [`PACING`] says the collector sleeps this time.
    sleep: Cell<f64>,
    /// By what share of what a cycle found alive the heap may grow before the next one.
    growth: Cell<f64>,
}

/// There is not enough memory left under the limit, or the allocator has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory;

impl Ledger {
    /// An empty ledger without a limit.
    pub fn new(metrics: Metrics) -> Rc<Ledger> {
        Rc::new(Ledger {
            bytes: Cell::new(0),
            limit: Cell::new(usize::MAX),
            metrics,
            untold: Cell::new(0),
            swept: Cell::new(0),
            counted: Cell::new(0),
            fresh: Cell::new((0, 0)),
            sleep: Cell::new(0.0),
            growth: Cell::new(1.0),
        })
    }

    /// The bytes in use.
    pub fn used(&self) -> usize {
        self.bytes.get().saturating_add(self.metrics.total_gc_count().saturating_mul(OBJECT_BYTES))
    }

    /// The size of an object on the average, with all that is entered beside, in objects of the usual size.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub fn average_size(&self) -> f64 {
        let objects = self.metrics.total_gc_count().saturating_mul(OBJECT_BYTES).max(1);
        (self.used() as f64 / objects as f64).max(1.0)
    }

    /// The most bytes that may be in use.
    pub fn limit(&self) -> usize {
        self.limit.get()
    }

    /// Sets the most bytes that may be in use.
    pub fn set_limit(&self, bytes: usize) {
        self.limit.set(bytes);
    }

    /// Whether more is in use than may be.
    pub fn is_exceeded(&self) -> bool {
        self.used() > self.limit.get()
    }

    /// Fails if `bytes` more would exceed the limit. Called before an allocation whose size a script chose.
    pub fn check(&self, bytes: usize) -> Result<(), OutOfMemory> {
        if self.used().saturating_add(bytes) > self.limit.get() { Err(OutOfMemory) } else { Ok(()) }
    }

    fn enter(&self, bytes: usize) {
        self.bytes.set(self.bytes.get().saturating_add(bytes));
        self.untold.set(self.untold.get().saturating_add(bytes));
    }

    fn strike(&self, bytes: usize) {
        self.bytes.set(self.bytes.get().saturating_sub(bytes));
    }

    /// Counts strings that were found dead.
    pub(super) fn count_swept(&self, strings: usize) {
        self.swept.set(self.swept.get() + strings);
    }

    /// Notes that the collector has done its work for now.
    pub fn mark_time(&self) {
        self.counted.set(self.metrics.total_gc_count());
    }

    /// Sets the pause between cycles, in percent of what is alive, as the manual has it (§2.5.1): with 200 the heap may
    /// double, with 100 or less the next cycle begins at once. Holds from the end of the next cycle on.
    #[expect(clippy::cast_precision_loss, reason = "at most a thousand")]
    pub fn set_pause(&self, percent: i64) {
        self.growth.set((percent.clamp(100, PAUSE_MAX) - 100) as f64 / 100.0);
    }

    /// Lets the collector, which has finished a cycle, sleep until the heap has grown by a share of what that found
    /// alive.
    pub fn sleep(&self) {
        self.sleep.set(0.0);
        // The cycle has freed what was found dead before it.
        self.swept.set(0);
        self.plan_sleep(0);
    }

    /// Lets the collector sleep before its first cycle as it does after it. What there is by now, the libraries, stays in
    /// any case: to look for garbage among it took an eighth of the start of a program (2026-11-28).
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    pub fn begin(&self) {
        self.untold.set(0);
        self.metrics.adjust_debt(-self.metrics.allocation_debt() - PACING.min_sleep as f64);
        self.mark_time();
        self.sleep();
    }

    /// Puts right how long the collector sleeps, once the strings that are dead are known: their objects still count.
    pub fn settle(&self) {
        self.plan_sleep(self.swept.take());
        self.fresh.set((0, 0));
    }

    /// gc-arena sleeps for a share of the objects that the cycle has left. That takes dead strings, and what was made
    /// while it swept, for survivors (heaps of three times the live objects), and knows nothing of bytes. So the
    /// sleep is debt forgiven in advance.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    fn plan_sleep(&self, dead: usize) {
        let (objects, bytes) = self.fresh.get();
        let live = self.counted.get().saturating_sub(objects + dead) as f64;
        let bulk = self.bytes.get().saturating_sub(bytes) as f64 / OBJECT_BYTES as f64;
        let fresh = (objects + bytes / OBJECT_BYTES) as f64;
        let share = (live * OBJECT_SLEEP + bulk * BULK_SLEEP) * self.growth.get();
        let planned = (share - fresh - PACING.min_sleep as f64).max(0.0);
        self.metrics.adjust_debt(self.sleep.replace(planned) - planned);
    }

    /// Passes the bytes entered since the last call on to the collector, which counts objects only: so
    /// many bytes are worth so many objects.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub fn tell_collector(&self, is_sweeping: bool) {
        let bytes = self.untold.take();
        if is_sweeping {
            let (fresh, fresh_bytes) = self.fresh.get();
            let made = self.metrics.total_gc_count().saturating_sub(self.counted.get());
            self.fresh.set((fresh + made, fresh_bytes.saturating_add(bytes)));
        }
        if bytes >= OBJECT_BYTES {
            self.metrics.adjust_debt((bytes / OBJECT_BYTES) as f64);
        }
    }
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ledger({} of {} bytes)", self.used(), self.limit.get())
    }
}

/// Bytes entered in a ledger for as long as this lives.
#[derive(Debug)]
pub struct Charge {
    ledger: Rc<Ledger>,
    bytes: Cell<usize>,
}

impl Charge {
    /// Enters `bytes`.
    pub fn new(ledger: &Rc<Ledger>, bytes: usize) -> Charge {
        ledger.enter(bytes);
        Charge { ledger: Rc::clone(ledger), bytes: Cell::new(bytes) }
    }

    /// The bytes entered.
    pub fn bytes(&self) -> usize {
        self.bytes.get()
    }

    /// Enters `bytes` in the place of what was entered so far.
    pub fn set(&self, bytes: usize) {
        let before = self.bytes.get();
        if bytes > before {
            self.add(bytes - before);
        } else {
            self.remove(before - bytes);
        }
    }

    /// Enters `bytes` more.
    pub fn add(&self, bytes: usize) {
        self.ledger.enter(bytes);
        self.bytes.set(self.bytes.get().saturating_add(bytes));
    }

    /// Strikes off `bytes`, at most all.
    pub fn remove(&self, bytes: usize) {
        let bytes = bytes.min(self.bytes.get());
        self.ledger.strike(bytes);
        self.bytes.set(self.bytes.get() - bytes);
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.ledger.strike(self.bytes.get());
    }
}

/// What a script has set of the collector (§2.5). The mode and the speed are only remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CollectorOptions {
    /// Whether it works only when told to, or when the memory limit is exceeded.
    pub is_stopped: bool,
    /// Whether the mode is the generational one.
    pub is_generational: bool,
    /// The pause between cycles, in percent; see [`Ledger::set_pause`].
    pub pause: i64,
    /// The speed, in percent.
    pub step: i64,
}

impl Default for CollectorOptions {
    fn default() -> CollectorOptions {
        CollectorOptions { is_stopped: false, is_generational: false, pause: 200, step: 100 }
    }
}

/// The longest pause, in percent: that of PUC-Rio's Lua.
const PAUSE_MAX: i64 = 1000;

/// How many objects may be allocated between two cycles for each that the last one found alive, with the default pause. With
/// one the heap doubles, as with PUC-Rio's default pause of 200 %.
const OBJECT_SLEEP: f64 = 1.0;

/// The same for bytes beyond the objects' own, which are marked faster than objects or not at all (2026-11-22: the
/// heap of `sieve` 66 MB -> 26 MB in the same time).
const BULK_SLEEP: f64 = 0.5;

/// How eagerly the collector works.
///
/// The sleep is the shortest; [`Ledger::sleep`] makes it longer. And it works 2.5 times as fast as
/// gc-arena's default: the object of an interned string lingers for a cycle after its death, so that with the default
/// the heap of a program that makes many strings grew with every cycle.
pub const PACING: Pacing = Pacing {
    sleep_factor: 0.0,
    min_sleep: 4096,
    mark_factor: 0.04,
    trace_factor: 0.16,
    keep_factor: 0.02,
    drop_factor: 0.08,
    free_factor: 0.12,
};

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
    /// The objects that were alive after the last cycle.
    live: Cell<usize>,
    /// The shortest sleep the collector was told to take between two cycles.
    min_sleep: Cell<usize>,
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
            live: Cell::new(0),
            min_sleep: Cell::new(0),
        })
    }

    /// The bytes in use.
    pub fn used(&self) -> usize {
        self.bytes.get().saturating_add(self.metrics.total_gc_count().saturating_mul(OBJECT_BYTES))
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

    /// Takes the objects that are alive now for what a cycle leaves. Called when all dead strings are counted.
    pub fn settle(&self) {
        self.live.set(self.metrics.total_gc_count().saturating_sub(self.swept.take()));
    }

    /// Passes the bytes entered since the last call on to the collector, which counts objects only: so
    /// many bytes are worth so many objects.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub fn tell_collector(&self) {
        let bytes = self.untold.take();
        if bytes >= OBJECT_BYTES {
            self.metrics.adjust_debt((bytes / OBJECT_BYTES) as f64);
        }
        // Big parts make a cycle long without making the heap rich in objects: sleep as if they were objects.
        let min_sleep = PACING.min_sleep.max(self.bytes.get() / OBJECT_BYTES).max(self.live.get());
        if min_sleep > 2 * self.min_sleep.get() || 2 * min_sleep < self.min_sleep.get() {
            self.min_sleep.set(min_sleep);
            self.metrics.set_pacing(Pacing { min_sleep, ..PACING });
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

/// What a script has set of the collector (§2.5). All but the first is only remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CollectorOptions {
    /// Whether it works only when told to, or when the memory limit is exceeded.
    pub is_stopped: bool,
    /// Whether the mode is the generational one.
    pub is_generational: bool,
    /// The pause between cycles, in percent.
    pub pause: i64,
    /// The speed, in percent.
    pub step: i64,
}

impl Default for CollectorOptions {
    fn default() -> CollectorOptions {
        CollectorOptions { is_stopped: false, is_generational: false, pause: 200, step: 100 }
    }
}

/// How eagerly the collector works.
///
/// It sleeps until the heap has grown by as much as survived, like PUC-Rio's default pause of 200 %, but by
/// [`Ledger::settle`]'s count of that: its own takes dead strings for survivors. And it works 2.5 times as fast as
/// gc-arena's default: the object of a string that was a key lingers for a cycle after its death, so that with the default
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

//! Memory: how the collector's work is spread over frames, who holds how much, and what happens when it runs short.
//!
//! A script's garbage is not paid for in the frame that made it: each frame pays so much and no more, and only a part of
//! what is due when that is more. Memory is *short* when less than an eighth of the limit is free. Then slices are short
//! too, the collector goes through what is left of its cycle and a whole one, at several times the pace, and if that
//! frees too little, the behaviour that holds most of it fails. All is collected at once only if the limit itself is
//! exceeded meanwhile, and once in a frame. Such a verdict is felt: the longest frame took 0.19 s when somebody had filled
//! 64 MB with small tables (2026-11-28, one core of an AMD EPYC, shared with others; `garbage/verdict` of
//! `benches/behaviours.rs`).

use std::time::Duration;

use bevy::ecs::entity::Entity;
use bevy::ecs::world::World;
use bevy::platform::time::Instant;

use super::tasks::{Key, Tasks};
use super::turn::Turn;
use super::{Scripts, milliseconds};
use crate::api::{Context, Reach, Table, Value};
use crate::plugin::environment::Roots;
use crate::plugin::settings::DeimosSettings;
use crate::plugin::task::End;

/// Memory is short when less than one part in so many of the limit is free.
const SHORT_SHARE: usize = 8;

/// The most instructions that a behaviour may run in a frame while memory is short: little enough that the part that is
/// free lasts for the collector's two cycles.
const SHORT_SLICE: u64 = 4000;

/// How many times the usual work is done in a frame while memory is short.
const SHORT_PACE: usize = 4;

/// If more is due than a frame may pay, it pays at least one part in so many: a world that makes garbage without end
/// would never be done.
const DUE_SHARE: usize = 8;

/// Cycles of the collector that free all that is garbage now: the one that is under way, and a whole one.
const CYCLES: u32 = 2;

/// Who fails for holding most must hold one part in so many of the limit. If nobody does, what fills the memory is shared
/// by all, in a module for example, and there is no telling whose it is; who asked for it last then fails.
const BLAME_SHARE: usize = 16;

/// What is known about the memory from frame to frame.
#[derive(Default)]
pub(super) struct Upkeep {
    /// How many cycles the collector is to go through whatever is due.
    owed: u32,
    is_short: bool,
    /// Whose turn it was when memory became short.
    suspect: Option<Key>,
    /// Whether everything was collected at once in this frame.
    has_collected_all: bool,
    /// The units of work that were done in this frame, and the time they took.
    units: usize,
    time: Duration,
}

impl Upkeep {
    /// A script has asked for a full collection. In a world it gets one that is spread over frames.
    pub(super) fn ask(&mut self) {
        self.owed = CYCLES;
    }

    /// The most instructions that any behaviour may run in a frame.
    pub(super) fn slice_max(&self) -> u64 {
        if self.is_short { SHORT_SLICE } else { u64::MAX }
    }

    /// How much may be in use before [`Scripts::make_room`] has to have a look.
    pub(super) fn line(&self, limit: usize) -> usize {
        if self.is_short { limit } else { limit - limit / SHORT_SHARE }
    }

    /// Begins a frame.
    pub(super) fn begin_frame(&mut self) {
        self.has_collected_all = false;
        self.units = 0;
        self.time = Duration::ZERO;
    }

    /// The units of work that were done in this frame.
    #[expect(clippy::cast_precision_loss, reason = "a measurement")]
    pub(super) fn units(&self) -> f64 {
        self.units as f64
    }

    /// The milliseconds they took.
    pub(super) fn milliseconds(&self) -> f64 {
        milliseconds(self.time)
    }
}

impl Scripts {
    /// How many bytes are reachable from an entity's behaviour: from its tasks, its handlers and its `state`. What all
    /// scripts share is left out (the libraries, and what modules hold), and what it shares with other behaviours is not.
    /// Garbage does not count. Rust values count as an object each, whatever they own. `None` if the entity has no
    /// behaviour.
    ///
    /// This follows every reference, which takes about as long as a collection of as many objects; nothing is kept for it
    /// otherwise, so that who does not ask does not pay.
    ///
    /// # Example
    /// ```
    /// use deimos::Scripts;
    /// use deimos::testing::TestApp;
    ///
    /// let mut app = TestApp::new();
    /// let hoarder = app.run("local hoard = string.rep('x', 1000000)  wait()  print(#hoard)");
    /// app.frame();
    /// let held = app.world().non_send_mut::<Scripts>().memory_of(hoarder);
    /// assert!(held.is_some_and(|bytes| bytes > 1_000_000));
    /// ```
    pub fn memory_of(&mut self, entity: Entity) -> Option<usize> {
        let Scripts { lua, roots, parts, .. } = self;
        let body = parts.tasks.of(entity)?;
        Some(lua.enter(|ctx| {
            let roots = Roots::fetch(ctx, roots);
            let mut reach = beyond_shared(ctx, &roots);
            bytes_of(&mut reach, ctx, &roots, &parts.tasks, body)
        }))
    }

    /// Has a look at the memory between two visits, after the turn of `last`. Whether turns may go on in this frame.
    pub(super) fn make_room(&mut self, world: &mut World, last: Key) -> bool {
        let (used, limit) = (self.lua.memory_used(), self.lua.memory_limit());
        let upkeep = &mut self.parts.upkeep;
        if !upkeep.is_short && used > upkeep.line(limit) {
            upkeep.is_short = true;
            upkeep.owed = CYCLES;
            upkeep.suspect = Some(last);
        }
        if used <= limit {
            return true;
        }
        if std::mem::replace(&mut upkeep.has_collected_all, true) {
            return false;
        }
        upkeep.suspect = Some(last);
        let begun = Instant::now();
        self.judge(world);
        self.parts.upkeep.time += begun.elapsed();
        self.lua.memory_used() <= limit
    }

    /// Does a frame's share of the collector's work.
    pub(super) fn collect_for_frame(&mut self, world: &mut World, settings: &DeimosSettings) {
        let begun = Instant::now();
        let due = self.lua.work_due();
        let upkeep = &self.parts.upkeep;
        let cap = match settings.gc_work {
            0 => usize::MAX,
            cap => usize::try_from(cap).unwrap_or(usize::MAX),
        };
        let units = if upkeep.is_short {
            cap.saturating_mul(SHORT_PACE).max(due / DUE_SHARE)
        } else if upkeep.owed > 0 {
            cap.max(due / DUE_SHARE)
        } else {
            due.min(cap.max(due / DUE_SHARE))
        };
        let time = Duration::from_micros(settings.gc_time_limit.into());
        let collected = self.lua.collect_for(units, || time.is_zero() || begun.elapsed() < time);
        let upkeep = &mut self.parts.upkeep;
        upkeep.units += collected.units;
        if collected.is_complete && upkeep.owed > 0 {
            upkeep.owed -= 1;
            let (used, limit) = (self.lua.memory_used(), self.lua.memory_limit());
            // Somewhat less than made it short, or it would be again at once.
            let relief = limit - limit / SHORT_SHARE - limit / (2 * SHORT_SHARE);
            if upkeep.is_short && used <= relief {
                upkeep.is_short = false;
            } else if upkeep.is_short && upkeep.owed == 0 {
                self.judge(world);
            }
        }
        self.parts.upkeep.time += begun.elapsed();
    }

    /// Collects all there is, and if memory is short nevertheless, ends the behaviour that holds most of it.
    #[expect(clippy::redundant_closure_for_method_calls, reason = "the path alone is not general enough in `'gc`")]
    fn judge(&mut self, world: &mut World) {
        self.lua.collect_full();
        let limit = self.lua.memory_limit();
        let is_short = |scripts: &Scripts| scripts.lua.memory_used() > limit - limit / SHORT_SHARE;
        if is_short(self) {
            self.visit(world, |turn| turn.fail_largest());
            self.lua.collect_full();
        }
        self.parts.upkeep.is_short = is_short(self);
        self.parts.upkeep.owed = if self.parts.upkeep.is_short { CYCLES } else { 0 };
    }
}

impl<'gc> Turn<'_, 'gc> {
    /// Ends the behaviour that holds most of the memory, and lets go of all it holds, its `state` included.
    fn fail_largest(&mut self) {
        let limit = self.ctx.ledger().limit();
        let mut reach = beyond_shared(self.ctx, &self.roots);
        let mut largest: Option<(Key, usize)> = None;
        for body in self.parts.tasks.bodies() {
            let bytes = bytes_of(&mut reach, self.ctx, &self.roots, &self.parts.tasks, body);
            if largest.is_none_or(|(_, most)| bytes > most) {
                largest = Some((body, bytes));
            }
        }
        let suspect = self.parts.upkeep.suspect.and_then(|key| self.parts.tasks.body(key));
        let (body, message) = match (largest, suspect) {
            (Some((_, bytes)), Some(suspect)) if bytes < limit / BLAME_SHARE => (
                suspect,
                format!(
                    "not enough memory: scripts share nearly all of the {} there are, in modules for example, and this \
                     behaviour asked for more",
                    megabytes(limit)
                ),
            ),
            (Some((body, bytes)), _) => (
                body,
                format!(
                    "not enough memory: of the {} there are for all scripts this behaviour holds {}, more than any other",
                    megabytes(limit),
                    megabytes(bytes)
                ),
            ),
            (None, _) => return,
        };
        self.fail_for_memory(body, message);
    }

    /// Ends a behaviour without running anything of it.
    fn fail_for_memory(&mut self, body: Key, message: String) {
        for task in self.parts.tasks.started_by(body).collect::<Vec<Key>>() {
            self.let_go(task);
            self.tell_end(task, End::Cancelled, Value::Nil);
            self.parts.tasks.remove(task);
        }
        self.let_go(body);
        self.parts.tasks.stop_waiting(body);
        self.drop_handlers(body);
        self.roots.states.forget(self.ctx, i64::from(body.slot) + 1);
        self.fail_with_message(body, message);
    }

    /// Drops a task's coroutine, and all that is kept for it.
    fn let_go(&mut self, task: Key) {
        self.stop_listening(task);
        self.kill(task);
        self.empty(self.roots.wakes, task);
        self.empty(self.roots.cleanups, task);
    }

    /// Forgets what a table of the roots holds for a task.
    fn empty(&mut self, table: Table<'gc>, task: Key) {
        let place = i64::from(task.slot) + 1;
        if !table.get_integer(self.ctx, place).is_nil() {
            // The place exists, so nothing is allocated that could fail.
            let _ = table.set_integer(self.ctx, place, Value::Boolean(false));
        }
    }
}

/// A walk that has seen what all scripts share.
fn beyond_shared<'gc>(ctx: Context<'gc>, roots: &Roots<'gc>) -> Reach<'gc> {
    let mut reach = Reach::new(ctx);
    let [made, environments] = [roots.states.made, roots.states.environments];
    for own in [made, environments, roots.threads, roots.wakes, roots.handles, roots.cleanups, roots.handlers] {
        reach.leave_out(own);
    }
    for shared in [ctx.globals(), ctx.registry(), roots.modules] {
        reach.bytes_from(Value::Table(shared));
    }
    reach
}

/// How many bytes a behaviour holds of those that the walk has not seen yet.
fn bytes_of<'gc>(reach: &mut Reach<'gc>, ctx: Context<'gc>, roots: &Roots<'gc>, tasks: &Tasks, body: Key) -> usize {
    let place = |slot: u32| i64::from(slot) + 1;
    let own = [roots.states.made, roots.states.environments].map(|table| table.get_integer(ctx, place(body.slot)));
    let mut bytes = own.into_iter().map(|value| reach.bytes_from(value)).sum();
    for task in std::iter::once(body).chain(tasks.started_by(body)) {
        for table in [roots.threads, roots.wakes, roots.handles, roots.cleanups] {
            bytes += reach.bytes_from(table.get_integer(ctx, place(task.slot)));
        }
    }
    for &handler in tasks.extra(body).map_or(&[][..], |extra| &extra.handlers) {
        bytes += reach.bytes_from(roots.handlers.get_integer(ctx, place(handler)));
    }
    bytes
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn megabytes(bytes: usize) -> String {
    format!("{:.1} MB", bytes as f64 / f64::from(1 << 20))
}

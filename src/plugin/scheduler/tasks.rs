//! The list of tasks in the world, and who of them has a turn this frame.
//!
//! A behaviour's body is a task, and so is everything it starts; those belong to the behaviour and end with it. The order
//! of turns is the order of spawning, whatever a task waited for, so a game runs the same way every time; only those that
//! were cut off because the frame's instructions were used up go first in the next frame. Who is woken by another task or
//! by an event has its turn at once, before those who follow. Nothing here knows the machine: a task is a number.

use std::cell::RefCell;
use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use bevy::ecs::entity::{Entity, EntityHashMap};

use super::timers::{Sleeper, Timers};
use crate::plugin::task::{Origin, TaskState};

/// A task's place in the list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    /// The entity that its behaviour drives.
    pub(super) entity: Entity,
    /// Which program its behaviour runs.
    pub(super) program: u32,
    /// How far it got.
    pub(super) phase: Phase,
    order: Order,
    number: u32,
    generation: u32,
    /// The place of its behaviour's body.
    owner: u32,
    /// Which of its waits is the current one.
    wait: u32,
    /// In how many frames running it has used up its slice.
    pub(super) spinning: u32,
    /// Of a body: the most instructions for its behaviour in a frame; 0 for as many as the settings say.
    slice: u32,
    /// Of a body: the frame in which its behaviour ran last, and the instructions that it ran then.
    spent_in: u32,
    spent: u32,
    /// The listener that wakes it.
    listening: Option<u32>,
    /// Whether there are functions to call when it is cancelled.
    pub(super) has_cleanups: bool,
}

impl Slot {
    /// Of a body: its behaviour's slice, which is the `usual` one if it has none of its own.
    fn slice_of(&self, usual: u64) -> u64 {
        if self.slice == 0 { usual } else { self.slice.into() }
    }

    /// Of a body: what its behaviour has run of this frame's slice. What it ran beyond the slices of frames before is among
    /// that: one instruction, or one call of a library function, may do the work of many.
    fn owed(&self, slice: u64, frame: u32) -> u64 {
        let frames = frame.wrapping_sub(self.spent_in);
        u64::from(self.spent).saturating_sub(slice.saturating_mul(frames.into()))
    }

    /// Whether a listener is to wake it.
    pub(super) fn listens(&self) -> bool {
        self.listening.is_some()
    }
}

// There is one for each task, and for each that waits a key or two.
const _: () = assert!(size_of::<Option<Slot>>() <= 80 && size_of::<Sleeper>() <= 24);

/// How far a task got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Its script is not there yet, or it has not been started.
    Loading,
    /// It is about to have its first turn.
    Ready,
    /// It was stopped in the middle.
    Paused,
    /// It has been waiting for the next frame since then.
    Frame { since: Since },
    /// It has been waiting for a moment since then.
    Sleep { since: Since },
    /// It has been waiting for a moment of the real clock since then.
    RealSleep { since: Since },
    /// It has been waiting for the next fixed step since then.
    FixedStep { since: Since },
    /// It waits to be woken by an event or another task.
    Parked,
    /// It is to go on with the values that were left for it.
    Woken,
    /// It has come to its end.
    Finished,
    /// It has failed.
    Failed,
}

/// A moment of a clock, in half of the space of a `Duration`: nanoseconds, which last for 584 years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Since(u64);

impl Since {
    /// The moment at which a clock shows this.
    pub(super) fn new(now: Duration) -> Since {
        Since(u64::try_from(now.as_nanos()).unwrap_or(u64::MAX))
    }

    /// The seconds from then to now.
    pub(super) fn seconds_to(self, now: Duration) -> f64 {
        now.saturating_sub(Duration::from_nanos(self.0)).as_secs_f64()
    }
}

/// The number of a behaviour in the order of spawning: the high half, then the low one, so that keys, of which there are
/// several for each task that waits, are multiples of four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Order([u32; 2]);

impl Order {
    #[expect(clippy::cast_possible_truncation, reason = "takes the halves apart")]
    const fn new(number: u64) -> Order {
        Order([(number >> 32) as u32, number as u32])
    }

    fn get(self) -> u64 {
        u64::from(self.0[0]) << 32 | u64::from(self.0[1])
    }
}

/// A task at one stage of its life. A key outlives what it names: it then names nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::plugin) struct Key {
    order: Order,
    number: u32,
    pub(super) slot: u32,
    generation: u32,
}

impl Key {
    /// A key that never names anything.
    pub(in crate::plugin) const NONE: Key = Key { order: Order::new(0), number: 0, slot: u32::MAX, generation: 0 };

    /// The place of the task's behaviour in the order of spawning, which no other behaviour ever has.
    pub(in crate::plugin) fn order(self) -> u64 {
        self.order.get()
    }
}

/// What only some tasks have. It is larger than all else that is kept of a task, so it is made when something is added.
#[derive(Default)]
pub(super) struct Extra {
    /// What scripts know of the task, once one has asked.
    pub(super) state: Option<Rc<TaskState>>,
    /// Who waits for its end.
    pub(super) joiners: Vec<Sleeper>,
    /// Where it was started, unless it is a behaviour's body.
    pub(super) origin: Option<Rc<Origin>>,
    /// Whether somebody will look how it ended.
    pub(super) is_watched: bool,
    /// Of a body: the tasks that were started in its behaviour, oldest first.
    tasks: BTreeSet<Key>,
    /// Of a body: the behaviour's handlers of events.
    pub(super) handlers: Vec<u32>,
    /// Of a body: how many tasks were started.
    count: u32,
    /// Of a body: how often the body of its script was run, if that may run again while the behaviour goes on.
    pub(super) definitions: u32,
    /// The how manieth of these runs the task is, while it is one.
    pub(super) defines: Option<u32>,
}

/// All tasks of a world.
#[derive(Default)]
pub(super) struct Tasks {
    slots: Vec<Option<Slot>>,
    extras: Vec<Option<Box<Extra>>>,
    free: Vec<u32>,
    generations: Vec<u32>,
    /// The places of the bodies; natives look there too.
    by_entity: Rc<RefCell<EntityHashMap<u32>>>,
    orders: u64,
    /// Whose turn it is this frame, and how many had it.
    queue: Vec<Key>,
    turn: usize,
    /// Those who go on before the others have their turns.
    urgent: VecDeque<Key>,
    /// Those who were cut off, first to go in the next frame.
    cut: Vec<Key>,
    /// Whether some had no turn since the last frame began.
    is_short: bool,
    /// Those who wait for the next frame.
    waiting: Vec<Key>,
    /// Those who wait for the next fixed step.
    fixed: Vec<Key>,
    /// Those who had no turn in the last one, first to go in the next.
    cut_fixed: Vec<Key>,
    /// Whether turns are those of a fixed step.
    is_fixed_step: bool,
    sleepers: Timers<Duration>,
    real_sleepers: Timers<Duration>,
    frame_sleepers: Timers<u64>,
}

/// For so many tasks that wait for a fixed step there is room at least.
const FIXED_MIN: usize = 64;

/// A moment by one of the clocks.
#[derive(Clone, Copy, Debug)]
pub(super) enum Moment {
    Game(Duration),
    Real(Duration),
    Frame(u64),
}

impl Tasks {
    /// No tasks; the places of bodies will be noted there.
    pub(super) fn new(by_entity: Rc<RefCell<EntityHashMap<u32>>>) -> Tasks {
        Tasks { by_entity, ..Tasks::default() }
    }

    /// The number of behaviours.
    pub(super) fn behaviours(&self) -> usize {
        self.by_entity.borrow().len()
    }

    /// Adds a behaviour behind all others. The key is that of its body.
    pub(super) fn insert(&mut self, entity: Entity, program: u32) -> Key {
        self.orders += 1;
        let key = self.add((Order::new(self.orders), 0), entity, program, None);
        self.by_entity.borrow_mut().insert(entity, key.slot);
        key
    }

    /// Adds a task to the behaviour that `by` belongs to.
    pub(super) fn insert_task(&mut self, by: Key) -> Option<Key> {
        let &Slot { entity, program, order, owner, .. } = self.get(by)?;
        let body = self.extra_at(owner);
        body.count = body.count.wrapping_add(1);
        let number = body.count;
        let key = self.add((order, number), entity, program, Some(owner));
        self.extra_at(owner).tasks.insert(key);
        Some(key)
    }

    fn add(&mut self, (order, number): (Order, u32), entity: Entity, program: u32, owner: Option<u32>) -> Key {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.extras.push(None);
            self.generations.push(0);
            // So that the end of a crowd takes no memory.
            self.free.reserve(self.slots.len());
            u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
        });
        let generation = self.generations.get(slot as usize).copied().unwrap_or_default();
        let key = Key { order, number, slot, generation };
        if let Some(place) = self.slots.get_mut(slot as usize) {
            let owner = owner.unwrap_or(slot);
            let phase = Phase::Loading;
            *place = Some(Slot {
                entity,
                program,
                phase,
                order,
                number,
                generation,
                owner,
                wait: 0,
                spinning: 0,
                slice: 0,
                spent_in: u32::MAX,
                spent: 0,
                listening: None,
                has_cleanups: false,
            });
        }
        key
    }

    /// Removes a task; all its keys name nothing from now on.
    pub(super) fn remove(&mut self, key: Key) {
        if self.get(key).is_none() {
            return;
        }
        self.renew(key);
        if let Some(slot) = self.slots.get_mut(key.slot as usize).and_then(Option::take) {
            self.free.push(key.slot);
            if slot.owner != key.slot {
                if let Some(Some(owner)) = self.extras.get_mut(slot.owner as usize) {
                    owner.tasks.remove(&key);
                }
            } else {
                let mut by_entity = self.by_entity.borrow_mut();
                if by_entity.get(&slot.entity) == Some(&key.slot) {
                    by_entity.remove(&slot.entity);
                }
            }
        }
    }

    /// Makes all keys of a task name nothing, and gives it a new one; what it had besides its place is dropped.
    pub(super) fn renew(&mut self, key: Key) -> Key {
        self.stop_waiting(key);
        let Some(slot) = self.get_mut(key) else { return key };
        slot.generation = slot.generation.wrapping_add(1);
        slot.has_cleanups = false;
        let key = Key { generation: slot.generation, ..key };
        if let Some(generation) = self.generations.get_mut(key.slot as usize) {
            *generation = key.generation;
        }
        if let Some(extra) = self.extras.get_mut(key.slot as usize) {
            *extra = None;
        }
        key
    }

    /// The task that a key names.
    pub(super) fn get(&self, key: Key) -> Option<&Slot> {
        let slot = self.slots.get(key.slot as usize)?.as_ref()?;
        (slot.generation == key.generation && slot.order == key.order).then_some(slot)
    }

    /// The task that a key names, to be changed.
    pub(super) fn get_mut(&mut self, key: Key) -> Option<&mut Slot> {
        let slot = self.slots.get_mut(key.slot as usize)?.as_mut()?;
        (slot.generation == key.generation && slot.order == key.order).then_some(slot)
    }

    /// What a task has besides its place, if there is anything.
    pub(super) fn extra(&self, key: Key) -> Option<&Extra> {
        self.get(key)?;
        self.extras.get(key.slot as usize)?.as_deref()
    }

    /// What a task has besides its place, if there is anything, to be taken from.
    pub(super) fn extra_mut(&mut self, key: Key) -> Option<&mut Extra> {
        self.get(key)?;
        self.extras.get_mut(key.slot as usize)?.as_deref_mut()
    }

    /// What a task has besides its place, to be added to.
    pub(super) fn make_extra(&mut self, key: Key) -> Option<&mut Extra> {
        self.get(key)?;
        Some(self.extra_at(key.slot))
    }

    /// Notes which listener wakes a task.
    pub(super) fn set_listening(&mut self, key: Key, listener: Option<u32>) {
        if let Some(slot) = self.get_mut(key) {
            slot.listening = listener;
        }
    }

    /// The listener that was to wake a task and shall not any more.
    pub(super) fn take_listening(&mut self, key: Key) -> Option<u32> {
        self.get_mut(key)?.listening.take()
    }

    /// Whether a task runs the body of a script that may run again.
    pub(super) fn defines(&self, key: Key) -> bool {
        self.extra(key).is_some_and(|extra| extra.defines.is_some())
    }

    /// Ends a task's run of the body of a script that may run again: the how manieth it was, if it was one.
    pub(super) fn take_definition(&mut self, key: Key) -> Option<u32> {
        self.extra_mut(key)?.defines.take()
    }

    fn extra_at(&mut self, slot: u32) -> &mut Extra {
        let index = slot as usize;
        if index >= self.extras.len() {
            self.extras.resize_with(index + 1, || None);
        }
        self.extras[index].get_or_insert_default()
    }

    /// The body of the behaviour that a task belongs to.
    pub(super) fn body(&self, key: Key) -> Option<Key> {
        self.key_at(self.get(key)?.owner)
    }

    /// Whether the task is a behaviour's body.
    pub(super) fn is_body(&self, key: Key) -> bool {
        self.get(key).is_some_and(|slot| slot.owner == key.slot)
    }

    /// The tasks that were started in a behaviour and have not ended, oldest first.
    pub(super) fn started_by(&self, body: Key) -> impl DoubleEndedIterator<Item = Key> {
        self.extra(body).into_iter().flat_map(|extra| extra.tasks.iter().copied())
    }

    /// The task that was started last in a behaviour, of those that have not ended.
    pub(super) fn youngest(&self, body: Key) -> Option<Key> {
        self.started_by(body).next_back()
    }

    /// The body of an entity's behaviour.
    pub(super) fn of(&self, entity: Entity) -> Option<Key> {
        let slot = *self.by_entity.borrow().get(&entity)?;
        self.key_at(slot)
    }

    /// The bodies of all behaviours, in the order of spawning.
    pub(super) fn bodies(&self) -> Vec<Key> {
        let slots = 0..u32::try_from(self.slots.len()).unwrap_or(u32::MAX);
        let mut keys: Vec<Key> = slots.filter_map(|slot| self.key_at(slot)).filter(|key| self.is_body(*key)).collect();
        keys.sort_unstable();
        keys
    }

    /// The bodies of the behaviours that run a program, in the order of spawning.
    pub(super) fn of_program(&self, program: u32) -> Vec<Key> {
        let mut keys = self.bodies();
        keys.retain(|key| self.get(*key).is_some_and(|slot| slot.program == program));
        keys
    }

    fn key_at(&self, slot: u32) -> Option<Key> {
        let found = self.slots.get(slot as usize)?.as_ref()?;
        Some(Key { order: found.order, number: found.number, slot, generation: found.generation })
    }

    // -- turns ---------------------------------------------------------------------------------------

    /// Begins a frame: those who were cut off, then all who are due, in the order of spawning.
    pub(super) fn begin_frame(&mut self, now: Duration, real: Duration, frame: u64) {
        self.queue.clear();
        self.turn = 0;
        self.is_fixed_step = false;
        self.queue.append(&mut self.cut);
        let mut first = self.queue.len();
        self.queue.append(&mut self.waiting);
        if std::mem::take(&mut self.is_short) {
            // In the order of their last turns: in that of spawning, those spawned last would have the fewest.
            first = self.queue.len();
        }
        loop {
            let due = self.sleepers.pop(now).map(|sleeper| (sleeper, Moment::Game(now)));
            let due = due.or_else(|| self.real_sleepers.pop(real).map(|sleeper| (sleeper, Moment::Real(real))));
            let due = due.or_else(|| self.frame_sleepers.pop(frame).map(|sleeper| (sleeper, Moment::Frame(frame))));
            let Some((sleeper, clock)) = due else { break };
            if self.is_waiting(sleeper) {
                self.end_wait(sleeper.key);
                self.queue.push(sleeper.key);
            } else {
                match clock {
                    Moment::Game(_) => self.sleepers.note_dropped(),
                    Moment::Real(_) => self.real_sleepers.note_dropped(),
                    Moment::Frame(_) => self.frame_sleepers.note_dropped(),
                }
            }
        }
        // Mostly in order already, which makes a stable sort a single pass.
        if let Some(due) = self.queue.get_mut(first..) {
            due.sort();
        }
    }

    /// Whether anybody has a turn in a fixed step.
    pub(super) fn is_step_due(&self) -> bool {
        !(self.fixed.is_empty() && self.cut_fixed.is_empty() && self.urgent.is_empty())
    }

    /// Begins a fixed step: those who had no turn in the last one, then those who waited for it, in the order of spawning.
    pub(super) fn begin_fixed_step(&mut self) {
        self.queue.clear();
        self.turn = 0;
        self.is_fixed_step = true;
        self.queue.append(&mut self.cut_fixed);
        let first = self.queue.len();
        self.queue.append(&mut self.fixed);
        if let Some(due) = self.queue.get_mut(first..) {
            due.sort();
        }
    }

    /// Whose turn it is next.
    pub(super) fn next(&mut self) -> Option<Key> {
        if let Some(key) = self.urgent.pop_front() {
            return Some(key);
        }
        let key = self.queue.get(self.turn).copied()?;
        self.turn += 1;
        Some(key)
    }

    /// Ends the frame or fixed step early: who had no turn yet is first in the next.
    pub(super) fn cut_rest(&mut self) {
        self.is_short |= !self.is_fixed_step && self.turn < self.queue.len();
        while let Some(key) = self.next() {
            self.cut(key);
        }
    }

    /// Sets the most instructions for a behaviour in a frame; 0 for as many as the settings say.
    pub(super) fn set_slice(&mut self, body: Key, slice: u32) {
        if let Some(slot) = self.get_mut(body) {
            slot.slice = slice;
        }
    }

    /// The most instructions for a task's behaviour in a frame, where the settings say `usual`.
    pub(super) fn slice(&self, key: Key, usual: u64) -> u64 {
        self.body_of(key).map_or(usual, |body| body.slice_of(usual))
    }

    /// How many instructions of its behaviour's slice a task has left in a frame. The slice is `usual`, or the behaviour's
    /// own, but `most` at most.
    pub(super) fn allowance(&self, task: &Slot, (usual, most): (u64, u64), frame: u32) -> u64 {
        let Some(Some(body)) = self.slots.get(task.owner as usize) else { return usual.min(most) };
        let slice = body.slice_of(usual).min(most);
        slice.saturating_sub(body.owed(slice, frame))
    }

    fn body_of(&self, key: Key) -> Option<&Slot> {
        self.slots.get(self.get(key)?.owner as usize)?.as_ref()
    }

    /// Notes that a task has run so many instructions in a frame, of a slice that was `usual`, or the behaviour's own.
    pub(super) fn spend(&mut self, task: &Slot, used: u64, usual: u64, frame: u32) {
        if let Some(Some(body)) = self.slots.get_mut(task.owner as usize) {
            let spent = body.owed(body.slice_of(usual), frame).saturating_add(used);
            (body.spent_in, body.spent) = (frame, u32::try_from(spent).unwrap_or(u32::MAX));
        }
    }

    /// Gives a task that had to stop its turn before all others in the next frame; if it was to go on in a fixed step and
    /// has not begun, in the next of these.
    pub(super) fn cut(&mut self, key: Key) {
        let waits_for_step = |slot: &Slot| matches!(slot.phase, Phase::FixedStep { .. });
        if self.is_fixed_step && self.get(key).is_some_and(waits_for_step) {
            self.cut_fixed.push(key);
        } else {
            self.cut.push(key);
        }
    }

    /// Gives a task a turn before all who have not had theirs.
    pub(super) fn next_is(&mut self, key: Key) {
        self.urgent.push_front(key);
    }

    /// Gives a task a turn before all who have not had theirs, but after those who were woken before it.
    pub(super) fn soon(&mut self, key: Key) {
        self.urgent.push_back(key);
    }

    /// Gives a task a turn in this frame, after all others.
    pub(super) fn last_is(&mut self, key: Key) {
        self.queue.push(key);
    }

    /// Gives a task a turn in the next frame, or in this one before it has begun.
    pub(super) fn wait_for_frame(&mut self, key: Key) {
        self.waiting.push(key);
    }

    /// Gives a task a turn in the next fixed step.
    pub(super) fn wait_for_fixed_step(&mut self, key: Key) {
        // No step comes while the game is paused; those that have ended meanwhile are forgotten before there is room
        // for more.
        if self.fixed.len() == self.fixed.capacity() {
            let mut fixed = std::mem::take(&mut self.fixed);
            fixed.retain(|key| self.get(*key).is_some_and(|slot| matches!(slot.phase, Phase::FixedStep { .. })));
            fixed.reserve(fixed.len().max(FIXED_MIN));
            self.fixed = fixed;
        }
        self.fixed.push(key);
    }

    /// Begins a wait of a task. Whoever wakes it names the wait, so that a wait that is over wakes nobody.
    pub(super) fn begin_wait(&mut self, key: Key) -> Sleeper {
        let wait = match self.get_mut(key) {
            Some(slot) => {
                slot.wait = slot.wait.wrapping_add(1);
                slot.wait
            }
            None => 0,
        };
        Sleeper { key, wait }
    }

    /// Gives a task a turn in the first frame at or after a moment, unless its wait has ended by then.
    pub(super) fn sleep(&mut self, sleeper: Sleeper, until: Moment) {
        match until {
            Moment::Game(until) => self.sleepers.add(until, sleeper),
            Moment::Real(until) => self.real_sleepers.add(until, sleeper),
            Moment::Frame(until) => self.frame_sleepers.add(until, sleeper),
        }
    }

    /// Whether a task is still in this one of its waits.
    pub(super) fn is_waiting(&self, sleeper: Sleeper) -> bool {
        self.get(sleeper.key).is_some_and(|slot| slot.wait == sleeper.wait)
    }

    /// Ends the wait that a task is in; nothing wakes it from that any more.
    pub(super) fn end_wait(&mut self, key: Key) {
        if let Some(slot) = self.get_mut(key) {
            slot.wait = slot.wait.wrapping_add(1);
        }
    }

    /// Ends the wait that a task is in, if it is in one, before its moment has come.
    pub(super) fn stop_waiting(&mut self, key: Key) {
        let Some(&Slot { phase, .. }) = self.get(key) else { return };
        self.end_wait(key);
        let Tasks { slots, sleepers, real_sleepers, frame_sleepers, .. } = self;
        let still_sleeps = |sleeper: Sleeper| {
            let slot = slots.get(sleeper.key.slot as usize).and_then(Option::as_ref);
            slot.is_some_and(|slot| slot.generation == sleeper.key.generation && slot.wait == sleeper.wait)
        };
        match phase {
            Phase::Sleep { .. } | Phase::Parked => sleepers.note_stale(still_sleeps),
            Phase::RealSleep { .. } => real_sleepers.note_stale(still_sleeps),
            Phase::Frame { .. } => frame_sleepers.note_stale(still_sleeps),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cancelled_waits_for_fixed_steps_do_not_pile_up() {
        let mut tasks = Tasks::new(Rc::default());
        let body = tasks.insert(Entity::PLACEHOLDER, 0);
        let wait = |tasks: &mut Tasks| {
            let key = tasks.insert_task(body).unwrap();
            tasks.get_mut(key).unwrap().phase = Phase::FixedStep { since: Since::new(Duration::ZERO) };
            tasks.wait_for_fixed_step(key);
            key
        };
        let lasting = wait(&mut tasks);
        for _ in 0..10_000 {
            let key = wait(&mut tasks);
            tasks.remove(key);
        }
        assert!(tasks.fixed.len() <= 4 * FIXED_MIN, "{}", tasks.fixed.len());
        tasks.begin_fixed_step();
        assert_eq!(tasks.next(), Some(lasting));
    }
}

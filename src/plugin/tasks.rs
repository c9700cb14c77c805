//! The list of behaviours in the world, and who of them has a turn this frame.
//!
//! The order of turns is the order of spawning, whatever a behaviour waited for, so a game runs the same way every
//! time; only those that were cut off because the frame's instructions were used up go first in the next frame. A
//! sleeper costs nothing until it is due. Nothing here knows the machine: a task is a number of a slot.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use bevy::ecs::entity::{Entity, EntityHashMap};

/// A behaviour's place in the list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    /// The entity it drives.
    pub(super) entity: Entity,
    /// Which program it runs.
    pub(super) program: u32,
    /// How far it got.
    pub(super) phase: Phase,
    order: u64,
    generation: u32,
}

/// How far a behaviour got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Its script is not there yet, or it has not been started.
    Loading,
    /// It is about to have its first turn.
    Ready,
    /// It was stopped in the middle.
    Paused,
    /// It has been waiting for the next frame since then.
    Frame { since: Duration },
    /// It has been waiting for a moment since then.
    Sleep { since: Duration },
    /// It has come to its end.
    Finished,
    /// It has failed.
    Failed,
}

/// A task at one stage of its life. A key outlives what it names: it then names nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    order: u64,
    pub(super) slot: u32,
    generation: u32,
}

/// All behaviours of a world.
#[derive(Default)]
pub(super) struct Tasks {
    slots: Vec<Option<Slot>>,
    free: Vec<u32>,
    generations: Vec<u32>,
    by_entity: EntityHashMap<u32>,
    orders: u64,
    /// Whose turn it is this frame, and how many had it.
    queue: Vec<Key>,
    turn: usize,
    /// Those who were cut off, first to go in the next frame.
    cut: Vec<Key>,
    /// Those who wait for the next frame.
    waiting: Vec<Key>,
    sleepers: BinaryHeap<Reverse<(Duration, Key)>>,
    /// How many of the sleepers are no more.
    stale: usize,
}

impl Tasks {
    /// The number of behaviours.
    pub(super) fn len(&self) -> usize {
        self.by_entity.len()
    }

    /// Adds a behaviour behind all others.
    pub(super) fn insert(&mut self, entity: Entity, program: u32) -> Key {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.generations.push(0);
            u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
        });
        self.orders += 1;
        let generation = self.generations.get(slot as usize).copied().unwrap_or_default();
        let key = Key { order: self.orders, slot, generation };
        if let Some(place) = self.slots.get_mut(slot as usize) {
            *place = Some(Slot { entity, program, phase: Phase::Loading, order: key.order, generation });
        }
        self.by_entity.insert(entity, slot);
        key
    }

    /// Removes a behaviour; all its keys name nothing from now on.
    pub(super) fn remove(&mut self, key: Key) {
        if self.get(key).is_none() {
            return;
        }
        self.renew(key);
        if let Some(slot) = self.slots.get_mut(key.slot as usize).and_then(Option::take) {
            if self.by_entity.get(&slot.entity) == Some(&key.slot) {
                self.by_entity.remove(&slot.entity);
            }
            self.free.push(key.slot);
        }
    }

    /// Makes all keys of a behaviour name nothing, and gives it a new one.
    pub(super) fn renew(&mut self, key: Key) -> Key {
        let Some(slot) = self.get_mut(key) else { return key };
        let was_asleep = matches!(slot.phase, Phase::Sleep { .. });
        slot.generation = slot.generation.wrapping_add(1);
        let key = Key { generation: slot.generation, ..key };
        if let Some(generation) = self.generations.get_mut(key.slot as usize) {
            *generation = key.generation;
        }
        if was_asleep {
            self.stale += 1;
            self.forget_stale_sleepers();
        }
        key
    }

    /// The behaviour that a key names.
    pub(super) fn get(&self, key: Key) -> Option<&Slot> {
        let slot = self.slots.get(key.slot as usize)?.as_ref()?;
        (slot.generation == key.generation && slot.order == key.order).then_some(slot)
    }

    /// The behaviour that a key names, to be changed.
    pub(super) fn get_mut(&mut self, key: Key) -> Option<&mut Slot> {
        let slot = self.slots.get_mut(key.slot as usize)?.as_mut()?;
        (slot.generation == key.generation && slot.order == key.order).then_some(slot)
    }

    /// The behaviour of an entity.
    pub(super) fn of(&self, entity: Entity) -> Option<Key> {
        self.key_at(*self.by_entity.get(&entity)?)
    }

    /// The behaviours that run a program, in the order of spawning.
    pub(super) fn of_program(&self, program: u32) -> Vec<Key> {
        let mut keys: Vec<Key> = (0..u32::try_from(self.slots.len()).unwrap_or(u32::MAX))
            .filter_map(|slot| self.key_at(slot))
            .filter(|key| self.get(*key).is_some_and(|slot| slot.program == program))
            .collect();
        keys.sort_unstable();
        keys
    }

    fn key_at(&self, slot: u32) -> Option<Key> {
        let found = self.slots.get(slot as usize)?.as_ref()?;
        Some(Key { order: found.order, slot, generation: found.generation })
    }

    /// Begins a frame: those who were cut off, then all who are due, in the order of spawning.
    pub(super) fn begin_frame(&mut self, now: Duration) {
        self.queue.clear();
        self.turn = 0;
        self.queue.append(&mut self.cut);
        let first = self.queue.len();
        self.queue.append(&mut self.waiting);
        while let Some(Reverse((due, key))) = self.sleepers.peek().copied()
            && due <= now
        {
            self.sleepers.pop();
            if self.get(key).is_some() {
                self.queue.push(key);
            } else {
                self.stale = self.stale.saturating_sub(1);
            }
        }
        // Mostly in order already, which makes a stable sort a single pass.
        if let Some(due) = self.queue.get_mut(first..) {
            due.sort();
        }
    }

    /// Whose turn it is next.
    pub(super) fn next(&mut self) -> Option<Key> {
        let key = self.queue.get(self.turn).copied()?;
        self.turn += 1;
        Some(key)
    }

    /// Ends the frame early: who had no turn yet is first in the next frame.
    pub(super) fn cut_rest(&mut self) {
        self.cut.extend(self.queue.drain(self.turn.min(self.queue.len())..));
    }

    /// Gives a behaviour that had to stop its turn before all others in the next frame.
    pub(super) fn cut(&mut self, key: Key) {
        self.cut.push(key);
    }

    /// Gives a behaviour a turn in the next frame, or in this one before it has begun.
    pub(super) fn wait_for_frame(&mut self, key: Key) {
        self.waiting.push(key);
    }

    /// Gives a behaviour a turn in the first frame at or after a moment.
    pub(super) fn sleep(&mut self, key: Key, until: Duration) {
        self.sleepers.push(Reverse((until, key)));
    }

    /// Drops sleepers that are no more once they are the greater part, so that the heap stays as long as the list.
    fn forget_stale_sleepers(&mut self) {
        const STALE_MIN: usize = 256;
        if self.stale < STALE_MIN || self.stale * 2 < self.sleepers.len() {
            return;
        }
        let mut sleepers = std::mem::take(&mut self.sleepers);
        sleepers.retain(|Reverse((_, key))| self.get(*key).is_some());
        self.sleepers = sleepers;
        self.stale = 0;
    }
}

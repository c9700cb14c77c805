//! What scripts have written into the world: about how many bytes, and how many there may be.
//!
//! Components lie in Rust's memory, of which the scripts' ledger knows nothing. So it is noted what scripts write into
//! each component of each entity. It may be taken away without a word, by Rust or along with its entity; therefore what is
//! there is looked at again, and counted anew, before a script is told that there is too much.

use std::rc::Rc;

use bevy::ecs::component::ComponentId;
use bevy::ecs::entity::Entity;
use bevy::ecs::system::NonSendMut;
use bevy::ecs::world::World;
use bevy::platform::collections::HashMap;

use super::reflect::{BYTES_OF_WEIGHT, Component, weight};
use super::settings::DeimosSettings;
use crate::api::{Context, Raised};

/// What is smaller is not noted where it takes the place of something else: it cannot add up.
pub(super) const NOTED_MIN: usize = 256;

/// So many frames pass at least before what is there is looked at again, if most of it was still there.
const PAUSE: u32 = 64;

/// What scripts have written, as far as anyone knows.
#[derive(Default)]
pub(super) struct Written {
    notes: HashMap<(Entity, ComponentId), Note>,
    bytes: usize,
    /// How many frames are left of the pause.
    pause: u32,
}

/// What was written into a component of an entity.
struct Note {
    component: Rc<Component>,
    bytes: usize,
}

/// How something comes into a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// In place of all that the component held.
    Whole,
    /// Into a part of it.
    Part,
}

/// Takes note of what is about to be written.
///
/// # Errors
/// If that is more than scripts may write.
pub(super) fn note<'gc>(
    ctx: Context<'gc>,
    world: &mut World,
    (entity, component): (Entity, &Rc<Component>),
    (entry, bytes): (Entry, usize),
) -> Result<(), Raised<'gc>> {
    let limit = world.get_resource::<DeimosSettings>().map_or(usize::MAX, |settings| settings.world_memory_limit);
    let Some(mut written) = world.get_non_send_mut::<Written>() else { return Ok(()) };
    if written.add(entity, component, (entry, bytes), limit) {
        return Ok(());
    }
    if written.pause == 0 {
        let mut all = std::mem::take(&mut *written);
        ctx.charge(u32::try_from(all.look_again(world)).unwrap_or(u32::MAX));
        // Where there is much room now, it takes much writing until the next look.
        all.pause = if all.bytes > limit / 2 { PAUSE } else { 0 };
        let fits = all.add(entity, component, (entry, bytes), limit);
        if let Some(mut written) = world.get_non_send_mut::<Written>() {
            *written = all;
        }
        if fits {
            return Ok(());
        }
    }
    let remedy = "empty some, or raise DeimosSettings::world_memory_limit";
    Err(Raised::message(format!("scripts have put about {limit} bytes into components, and can put no more: {remedy}")))
}

impl Written {
    /// Notes what is written, if there is room for it.
    fn add(&mut self, entity: Entity, component: &Rc<Component>, (entry, bytes): (Entry, usize), limit: usize) -> bool {
        let key = (entity, component.id);
        let is_small = entry == Entry::Whole && bytes < NOTED_MIN;
        if is_small && self.notes.is_empty() {
            return true;
        }
        let before = self.notes.get(&key).map_or(0, |note| note.bytes);
        let after = if entry == Entry::Whole { bytes } else { before.saturating_add(bytes) };
        if is_small {
            self.bytes -= before;
            self.notes.remove(&key);
            return true;
        }
        let all = (self.bytes - before).saturating_add(after);
        if all > limit {
            return false;
        }
        self.bytes = all;
        self.notes.entry(key).or_insert_with(|| Note { component: Rc::clone(component), bytes: 0 }).bytes = after;
        true
    }

    /// Counts what is there of what was written. How much work that was.
    fn look_again(&mut self, world: &World) -> usize {
        let (mut work, mut bytes) = (0_usize, 0_usize);
        self.notes.retain(|(entity, _), note| {
            work += 4;
            let found = world.get_entity(*entity).ok().and_then(|found| note.component.reflect.reflect(found));
            let Some(value) = found else { return false };
            let weight = weight(value.as_partial_reflect());
            work += weight / 2;
            note.bytes = weight.saturating_mul(BYTES_OF_WEIGHT);
            let is_noted = note.bytes >= NOTED_MIN;
            bytes += if is_noted { note.bytes } else { 0 };
            is_noted
        });
        self.bytes = bytes;
        work
    }
}

/// Ends a frame of the pause between two looks.
pub(super) fn shorten_pause(mut written: NonSendMut<'_, Written>) {
    written.pause = written.pause.saturating_sub(1);
}

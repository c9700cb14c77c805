//! The states of behaviours as components, for as long as a scene is taken of the world.

use bevy::ecs::entity::Entity;
use bevy::ecs::error::Result;
use bevy::ecs::world::World;

use super::turn::Turn;
use super::{Scripts, with_scripts};
use crate::api::Value;
use crate::plugin::error::ScriptError;
use crate::plugin::saved::Saver;
use crate::plugin::settings::DeimosSettings;

/// Puts the state of each behaviour on its entity. Which entities got one.
///
/// # Errors
/// If the world has no machine, or it is at work.
pub(in crate::plugin) fn save_states(world: &mut World) -> Result<Vec<Entity>> {
    if world.get_non_send::<Scripts>().is_none() {
        let why = "the states of scripts cannot be saved now: this is called by a script itself, or there is no plugin; \
                   call it from a system";
        return Err(why.into());
    }
    let room = world.get_resource::<DeimosSettings>().map_or(usize::MAX, |settings| settings.memory_limit);
    let mut entities = Vec::new();
    with_scripts(world, |scripts, world| scripts.visit(world, |turn| entities = turn.save_states(room)));
    Ok(entities)
}

impl Turn<'_, '_> {
    fn save_states(&mut self, room: usize) -> Vec<Entity> {
        let mut behaviours: Vec<(Entity, u32)> =
            self.parts.shared.behaviours.borrow().iter().map(|(entity, body)| (*entity, *body)).collect();
        behaviours.sort_unstable();
        let mut saver = Saver::new(self.ctx, room);
        let mut entities = Vec::new();
        for (entity, body) in behaviours {
            let Value::Table(state) = self.roots.states.made.get_integer(self.ctx, i64::from(body) + 1) else {
                continue;
            };
            let (saved, left_out) = saver.save(state);
            if let Some(saved) = saved
                && let Ok(mut found) = self.world.get_entity_mut(entity)
            {
                found.insert(saved);
                entities.push(entity);
            }
            let body = self.parts.tasks.of(entity).and_then(|body| self.parts.tasks.get(body));
            let Some(program) = body.map(|body| body.program) else { continue };
            for message in left_out {
                let error = ScriptError::of_behaviour(entity, self.script(program), message, None);
                self.parts.report(self.world, program, error);
            }
        }
        entities
    }
}

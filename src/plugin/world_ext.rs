//! What Rust asks of a world about its scripts.

use std::sync::Arc;

use bevy::ecs::change_detection::Mut;
use bevy::ecs::entity::Entity;
use bevy::ecs::error::Result;
use bevy::ecs::world::World;

use super::data::LuaFields;
use super::declared::LuaComponents;
use super::saved::BehaviourState;
use super::scheduler::save_states;

/// The scripts of a world, and the components that they have defined.
pub trait WorldLuaExt {
    /// The fields of an entity's component; `None` if there is none of this name.
    fn get_lua_component(&self, entity: Entity, name: &str) -> Option<&LuaFields>;

    /// As [`WorldLuaExt::get_lua_component`], to be changed; see [`LuaComponents::get_mut`].
    fn get_lua_component_mut(&mut self, entity: Entity, name: &str) -> Option<Mut<'_, LuaFields>>;

    /// Calls a function that takes a scene of the world, or saves it in another way; meanwhile each behaviour's `state` is
    /// a component on its entity, a [`BehaviourState`].
    ///
    /// Values that are no data, such as functions, are not saved; each is reported by a
    /// [`ScriptError`](super::ScriptError) that says where in `state` it is. A table that lies in several places is saved
    /// in each of them. Of a state, 100,000 values are saved at most, and of all together no more bytes than scripts may
    /// use.
    ///
    /// # Errors
    /// If there is no plugin, or scripts run at this moment: a Rust function that scripts call cannot save them.
    ///
    /// # Example
    ///
    /// ```
    /// use deimos::testing::TestApp;
    /// use deimos::{BehaviourState, LuaData, WorldLuaExt};
    ///
    /// let mut app = TestApp::new();
    /// let entity = app.run("state.hp = 3");
    /// app.frame();
    ///
    /// let saved = app.world().save_scripts(|world| world.get::<BehaviourState>(entity).cloned());
    /// let hp = LuaData::Table([("hp".to_owned(), 3.into())].into());
    /// assert_eq!(saved.ok().flatten(), Some(BehaviourState(hp)));
    /// ```
    fn save_scripts<T>(&mut self, save: impl FnOnce(&mut World) -> T) -> Result<T>;
}

impl WorldLuaExt for World {
    fn get_lua_component(&self, entity: Entity, name: &str) -> Option<&LuaFields> {
        self.get_resource::<LuaComponents>()?.get(self.get_entity(entity).ok()?, name)
    }

    fn get_lua_component_mut(&mut self, entity: Entity, name: &str) -> Option<Mut<'_, LuaFields>> {
        let kind = Arc::clone(self.get_resource::<LuaComponents>()?.find(name)?);
        kind.get_mut(self.get_entity_mut(entity).ok()?.into())
    }

    fn save_scripts<T>(&mut self, save: impl FnOnce(&mut World) -> T) -> Result<T> {
        let entities = save_states(self)?;
        let saved = save(self);
        for entity in entities {
            if let Ok(mut found) = self.get_entity_mut(entity) {
                found.remove::<BehaviourState>();
            }
        }
        Ok(saved)
    }
}

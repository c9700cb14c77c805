//! A behaviour in Bevy's scene notation: `bsn! { Behaviour { script: "scripts/guard.lua" } param("speed", 2.0) }`.
//!
//! A template is what a scene says of a component before there are entities and assets: a script is a path there, and an
//! entity one of the scene's names. Each parameter is a patch of its own, so a scene that builds upon another changes
//! those that it names and keeps the rest.

use std::collections::BTreeMap;

use bevy::asset::HandleTemplate;
use bevy::color::Color;
use bevy::ecs::entity::Entity;
use bevy::ecs::error::Result;
use bevy::ecs::template::{EntityTemplate, FromTemplate, SpecializeFromTemplate, Template, TemplateContext};
use bevy::math::{IVec2, IVec3, IVec4, Quat, UVec2, UVec3, UVec4, Vec2, Vec3, Vec4};

use super::asset::LuaScript;
use super::behaviour::Behaviour;
use super::data::{LuaData, LuaFields};

/// A [`Behaviour`] as a scene describes it.
#[derive(Default)]
pub struct BehaviourTemplate {
    /// The script: the path of its file, or a handle.
    pub script: HandleTemplate<LuaScript>,
    /// The parameters.
    pub params: BTreeMap<String, ParamTemplate>,
    /// The behaviour's own slice of instructions; see [`Behaviour::slice`].
    pub slice: u32,
}

/// A parameter of a [`Behaviour`] as a scene describes it.
#[derive(Clone, Debug)]
pub enum ParamTemplate {
    /// A value.
    Data(LuaData),
    /// An entity: one that there is, or one of the scene's.
    Entity(EntityTemplate),
}

impl FromTemplate for Behaviour {
    type Template = BehaviourTemplate;
}

// A type that has a default and can be cloned is its own template, unless it says no in this way.
#[expect(unused_lifetimes, reason = "a bound that never holds is an error, unless it is put for all lifetimes")]
impl Unpin for Behaviour where for<'a> [()]: SpecializeFromTemplate {}

impl Template for BehaviourTemplate {
    type Output = Behaviour;

    fn build_template(&self, context: &mut TemplateContext<'_, '_>) -> Result<Behaviour> {
        let script = self.script.build_template(context)?;
        let mut params = LuaFields::new();
        for (name, param) in &self.params {
            let value = match param {
                ParamTemplate::Data(value) => value.clone(),
                ParamTemplate::Entity(entity) => entity.build_template(context)?.into(),
            };
            params.insert(name.clone(), value);
        }
        Ok(Behaviour { script, params, slice: self.slice })
    }

    fn clone_template(&self) -> BehaviourTemplate {
        BehaviourTemplate { script: self.script.clone_template(), params: self.params.clone(), slice: self.slice }
    }
}

impl std::fmt::Debug for BehaviourTemplate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BehaviourTemplate").field("params", &self.params).finish_non_exhaustive()
    }
}

impl From<EntityTemplate> for ParamTemplate {
    fn from(entity: EntityTemplate) -> ParamTemplate {
        ParamTemplate::Entity(entity)
    }
}

macro_rules! from_data {
    ($($rust:ty)*) => {
        $(impl From<$rust> for ParamTemplate {
            fn from(value: $rust) -> ParamTemplate {
                ParamTemplate::Data(value.into())
            }
        })*
    };
}

from_data! {
    bool i32 u32 i64 f32 f64 &str String Entity Vec2 Vec3 Vec4 IVec2 IVec3 IVec4 UVec2 UVec3 UVec4 Quat Color
    LuaData LuaFields
}

impl<T: Into<LuaData>> From<Vec<T>> for ParamTemplate {
    fn from(values: Vec<T>) -> ParamTemplate {
        ParamTemplate::Data(values.into())
    }
}

impl<T: Into<LuaData>, const N: usize> From<[T; N]> for ParamTemplate {
    fn from(values: [T; N]) -> ParamTemplate {
        ParamTemplate::Data(values.into())
    }
}

/// In `bsn!`: a parameter of the entity's [`Behaviour`], as [`Behaviour::with`] gives it. Of an entity of the scene, write
/// its `#Name`.
///
/// # Example
///
/// ```no_run
/// use bevy::prelude::*;
/// use bevy::scene::prelude::*;
/// use deimos::{Behaviour, param};
///
/// fn spawn_guard(mut commands: Commands) {
///     commands.queue_spawn_scene(bsn! {
///         #Guard
///         Behaviour { script: "scripts/guard.lua" }
///         param("speed", 2.0)
///         param("home", Vec3::X)
///         param("tower", #Tower)
///         Children [#Tower]
///     });
/// }
/// ```
#[cfg(feature = "scenes")]
pub fn param(name: impl Into<String>, value: impl Into<ParamTemplate>) -> impl bevy::scene::Scene {
    use bevy::scene::PatchFromTemplate as _;
    let (name, value) = (name.into(), value.into());
    Behaviour::patch(move |behaviour, _| {
        behaviour.params.insert(name, value);
    })
}

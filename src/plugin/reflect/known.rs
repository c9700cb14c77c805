//! A short way to what scripts ask for most: the floats of a `Transform`.
//!
//! They are reached by their Rust type. Reflection asks several times over what it has before it, each time through a
//! pointer to a function, and that takes longer than all else that an access does.

use std::any::TypeId;

use bevy::ecs::change_detection::DetectChangesMut as _;
use bevy::ecs::entity::Entity;
use bevy::ecs::world::World;
use bevy::reflect::{TypeInfo, TypePath as _, Typed as _};
use bevy::transform::components::Transform;

use super::place::{Component, Step, Typed};

/// A float of a `Transform`, by its position in the vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    Translation(usize),
    Scale(usize),
}

impl Known {
    /// The float that a way leads to, if it is one of these.
    pub(super) fn of(component: &Component, path: &[Step], typed: Typed) -> Option<Known> {
        let ([Step::Field(field), Step::Field(index)], TypeInfo::Struct(fields)) = (path, Transform::type_info())
        else {
            return None;
        };
        if component.path != Transform::type_path() || typed.0 != TypeId::of::<f32>() {
            return None;
        }
        match fields.field_at(*field)?.name() {
            "translation" => Some(Known::Translation(*index)),
            "scale" => Some(Known::Scale(*index)),
            _ => None,
        }
    }

    /// What it is; `None` if there is no such entity, or it has no `Transform`.
    #[inline(always)]
    pub(super) fn read(self, world: &World, entity: Entity) -> Option<f32> {
        let transform = world.get::<Transform>(entity)?;
        match self {
            Known::Translation(index) => transform.translation.as_ref().get(index).copied(),
            Known::Scale(index) => transform.scale.as_ref().get(index).copied(),
        }
    }

    /// Writes it; it counts as a change only if it was something else. `None` if it is not there.
    #[inline(always)]
    pub(super) fn write(self, world: &mut World, entity: Entity, value: f32) -> Option<()> {
        let mut transform = world.get_mut::<Transform>(entity)?;
        let place = match self {
            Known::Translation(index) => transform.bypass_change_detection().translation.as_mut().get_mut(index)?,
            Known::Scale(index) => transform.bypass_change_detection().scale.as_mut().get_mut(index)?,
        };
        if *place != value {
            *place = value;
            transform.set_changed();
        }
        Some(())
    }
}

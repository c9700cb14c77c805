//! What scripts ask of components in every frame, answered without a call.
//!
//! A script that names several fields in a row, `self.Transform.translation.x`, is answered for all of them at once: the
//! references on the way are not needed then, and not made. What ends in anything but a value that Lua has too, or in a
//! reference that was asked for before, is left to the metamethod.

use bevy::ecs::entity::Entity;
use bevy::ecs::world::World;

use super::leaf::{as_f32, read_leaf, write_leaf};
use super::place::{Kind, Place};
use super::reference::Spot;
use crate::api::{Context, Glance, UserData, Value};
use crate::plugin::kept::kept;

/// `reference.key`
pub(super) fn glance<'gc>(mut glance: Glance<'_, 'gc>) -> Option<Value<'gc>> {
    let (place, entity) = glance.object.shared_ref::<Place>()?;
    let reference = glance.object;
    follow(&mut glance, reference, place, Entity::try_from_bits(entity)?)
}

/// `entity.Component`, where that was asked for before, and what follows.
#[inline]
pub(in crate::plugin) fn glance_at_component<'gc>(
    mut glance: Glance<'_, 'gc>,
    entity: Entity,
    reference: UserData<'gc>,
    place: &Place,
) -> Option<Value<'gc>> {
    let value = match glance.advance() {
        true => follow(&mut glance, reference, place, entity)?,
        false => Value::UserData(reference),
    };
    // To have been read, it must have been there.
    if let Value::UserData(_) = value {
        let world: &World = glance.host.downcast_ref()?;
        return world.get_entity(entity).is_ok_and(|found| place.component.is_on(found)).then_some(value);
    }
    Some(value)
}

/// What the names lead to from a reference on.
#[inline(always)]
fn follow<'gc>(
    glance: &mut Glance<'_, 'gc>,
    mut reference: UserData<'gc>,
    mut place: &Place,
    entity: Entity,
) -> Option<Value<'gc>> {
    // The part between `reference` and `place`: only who asks for a reference that lies in its own needs that.
    let mut between: Option<&Place> = None;
    loop {
        let (Kind::Fields(_) | Kind::Declared) = place.kind else { return None };
        let part = place.part_from(glance.memo, glance.key.as_bytes())?;
        match part.kind {
            Kind::Leaf(leaf) if leaf.is_small() => {
                let world: &World = glance.host.downcast_ref()?;
                return match part.known {
                    Some(known) => known.read(world, entity).map(|value| Value::Float(value.into())),
                    None => Spot::new(entity, part).look(world, |value| read_leaf(glance.ctx, leaf, value)).ok()?,
                };
            }
            Kind::Fields(_) | Kind::List { .. } | Kind::Map(_) | Kind::Set(_) => {
                if let Some(between) = between {
                    reference = kept_part(glance.ctx, reference, between)?;
                }
                if !glance.advance() {
                    return kept_part(glance.ctx, reference, part).map(Value::UserData);
                }
                (between, place) = (Some(&**part), part);
            }
            _ => return None,
        }
    }
}

/// The reference to a part, if it was asked for before.
#[inline]
fn kept_part<'gc>(ctx: Context<'gc>, reference: UserData<'gc>, part: &Place) -> Option<UserData<'gc>> {
    kept(ctx, reference, |kept| kept.is_share_of(part).then_some(())).map(|(kept, ())| kept)
}

/// `reference.key = value`, where that is a value that Lua has too, and fits.
pub(super) fn glance_to_write<'gc>(glance: Glance<'_, 'gc>) -> Option<Value<'gc>> {
    let (place, entity) = glance.object.shared_ref::<Place>()?;
    let (Kind::Fields(_) | Kind::Declared) = place.kind else { return None };
    let part = place.part_from(glance.memo, glance.key.as_bytes())?;
    let Kind::Leaf(leaf) = part.kind else { return None };
    if !leaf.is_small() || part.limit.is_some() {
        return None;
    }
    let (world, entity) = (glance.host.downcast_mut::<World>()?, Entity::try_from_bits(entity)?);
    match part.known {
        Some(known) => known.write(world, entity, as_f32(*glance.value).ok()?)?,
        None => Spot::new(entity, part).change(world, |target| write_leaf(leaf, target, *glance.value)).ok()?,
    }
    Some(Value::Nil)
}

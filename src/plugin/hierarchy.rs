//! Parents and children in scripts: `entity:parent()`, `entity:children()`, `entity:add_child(child)`.
//!
//! The hierarchy is Bevy's: a child names its parent, and goes with it when it is despawned. Bevy walks it by recursion,
//! so nothing here lets it grow into a ring or deeper than a stack can bear.

use bevy::ecs::component::{ComponentId, ComponentInfo};
use bevy::ecs::entity::Entity;
use bevy::ecs::hierarchy::{ChildOf, Children};
use bevy::ecs::reflect::{AppTypeRegistry, ReflectComponent};
use bevy::ecs::relationship::RelationshipAccessor;
use bevy::ecs::world::World;
use bevy::reflect::{PartialReflect, ReflectRef};

use super::entity::{as_entity, entity_value, gone, label, world_of};
use super::guard;
use super::reflect::Component;
use crate::api::{Action, Call, Context, Native, Raised, Table, TableError, Value};

/// How many generations there may be.
const DEPTH_MAX: usize = 256;

/// Adds the methods of entities.
pub(super) fn add_entity_methods<'gc>(ctx: Context<'gc>, methods: Table<'gc>) -> Result<(), TableError> {
    methods.set_field(ctx, "parent", Value::Native(Native::new(ctx, "parent", parent)))?;
    methods.set_field(ctx, "children", Value::Native(Native::new(ctx, "children", children)))?;
    methods.set_field(ctx, "add_child", Value::Native(Native::new(ctx, "add_child", add_child)))?;
    methods.set_field(ctx, "remove_child", Value::Native(Native::new(ctx, "remove_child", remove_child)))?;
    methods.set_field(ctx, "set_parent", Value::Native(Native::new(ctx, "set_parent", set_parent)))
}

fn entity_at<'gc>(call: &mut Call<'_, 'gc>, index: usize, method: &str) -> Result<Entity, Raised<'gc>> {
    let Some(entity) = as_entity(call.arg(index)) else {
        let got = call.arg(index).type_name();
        let hint = if index == 0 { format!("; call it as entity:{method}(…)") } else { String::new() };
        return Err(Raised::argument(index, format!("entity expected, got {got}{hint}")));
    };
    if world_of(call)?.get_entity(entity).is_err() {
        return Err(gone(entity));
    }
    Ok(entity)
}

/// `entity:parent()`: nil where there is none.
fn parent<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let entity = entity_at(call, 0, "parent")?;
    let parent = parent_of(world_of(call)?, entity);
    let parent = parent.map_or(Value::Nil, |parent| entity_value(call.ctx, parent));
    call.ret1(parent)
}

/// `entity:children()`: a list, in their order.
fn children<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let entity = entity_at(call, 0, "children")?;
    let children = children_of(world_of(call)?, entity);
    call.charge(children.len());
    let ctx = call.ctx;
    let list = Table::with_capacity(ctx, children.len(), 0);
    for (index, child) in (1..).zip(children) {
        list.set_integer(ctx, index, entity_value(ctx, child))?;
    }
    call.ret1(Value::Table(list))
}

/// `entity:add_child(child)`: behind its other children, and away from the parent it had.
fn add_child<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let parent = entity_at(call, 0, "add_child")?;
    let child = entity_at(call, 1, "add_child")?;
    adopt(call, parent, child)?;
    let child = call.arg(1);
    call.ret1(child)
}

/// `entity:remove_child(child)`: the child stays, without a parent. Whether it was one.
fn remove_child<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let parent = entity_at(call, 0, "remove_child")?;
    let child = entity_at(call, 1, "remove_child")?;
    let world = world_of(call)?;
    let is_child = parent_of(world, child) == Some(parent);
    if is_child {
        world.entity_mut(child).remove::<ChildOf>();
    }
    call.ret1(Value::Boolean(is_child))
}

/// `entity:set_parent(parent)`: nil takes it out of the hierarchy, with its children.
fn set_parent<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let child = entity_at(call, 0, "set_parent")?;
    if call.arg(1).is_nil() {
        world_of(call)?.entity_mut(child).remove::<ChildOf>();
    } else {
        let parent = entity_at(call, 1, "set_parent")?;
        adopt(call, parent, child)?;
    }
    call.ret0()
}

fn parent_of(world: &World, entity: Entity) -> Option<Entity> {
    world.get::<ChildOf>(entity).map(ChildOf::parent)
}

fn children_of(world: &World, entity: Entity) -> Vec<Entity> {
    world.get::<Children>(entity).map(|children| children.to_vec()).unwrap_or_default()
}

fn adopt<'gc>(call: &mut Call<'_, 'gc>, parent: Entity, child: Entity) -> Result<(), Raised<'gc>> {
    let world = world_of(call)?;
    let looked_at = check_parent(world, parent, child).map_err(Raised::message)?;
    world.entity_mut(child).insert(ChildOf(parent));
    call.charge(looked_at);
    Ok(())
}

/// Whether an entity may become the parent of another: not where that made a ring, or too many generations. How many
/// entities were looked at. What holds of children holds of all that goes with another entity when that is despawned.
pub(super) fn check_parent(world: &World, parent: Entity, child: Entity) -> Result<usize, String> {
    guard::check_entity(world, parent)?;
    guard::check_entity(world, child)?;
    let (mut generations, mut looked_at) = (0, 0);
    for (first, side) in [(parent, Side::Above), (child, Side::Below)] {
        let mut generation = vec![first];
        while !generation.is_empty() {
            if side == Side::Above && generation.contains(&child) {
                return Err(ring(world, parent, child));
            }
            generations += 1;
            if generations > DEPTH_MAX {
                return Err(format!("more than {DEPTH_MAX} generations of children"));
            }
            looked_at += generation.len();
            generation = next_generation(world, &generation, side);
        }
    }
    Ok(looked_at)
}

#[cold]
fn ring(world: &World, parent: Entity, child: Entity) -> String {
    let (parent, child) = (label(world, parent), label(world, child));
    if parent == child {
        format!("entity {child} cannot be its own parent")
    } else {
        format!("entity {parent} cannot be the parent of {child}, because it is one of its descendants")
    }
}

/// A direction in the hierarchy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Above,
    Below,
}

/// How many entities are despawned along with one.
pub(super) fn count_below(world: &World, entity: Entity) -> usize {
    let mut generation = vec![entity];
    let mut count = 0;
    for _ in 0..DEPTH_MAX {
        generation = next_generation(world, &generation, Side::Below);
        if generation.is_empty() {
            break;
        }
        count += generation.len();
    }
    count
}

/// The parents, or the children, of some entities, by any relationship along which entities are despawned.
fn next_generation(world: &World, entities: &[Entity], side: Side) -> Vec<Entity> {
    let mut next = Vec::new();
    for found in entities.iter().filter_map(|entity| world.get_entity(*entity).ok()) {
        match side {
            Side::Above => next.extend(found.get::<ChildOf>().map(ChildOf::parent)),
            Side::Below => next.extend(found.get::<Children>().into_iter().flat_map(|children| children.to_vec())),
        }
        for &component in found.archetype().components() {
            if linked_side(world, component) == Some(side) && !is_childhood(world, component) {
                let reflect = reflect_of(world, component);
                if let Some(value) = reflect.as_ref().and_then(|reflect| reflect.reflect(found)) {
                    entities_in(value.as_partial_reflect(), &mut next);
                }
            }
        }
    }
    next.sort_unstable();
    next.dedup();
    next
}

/// Where a component leads, if it is a side of a relationship along which entities are despawned.
fn linked_side(world: &World, component: ComponentId) -> Option<Side> {
    match world.components().get_info(component)?.relationship_accessor()? {
        RelationshipAccessor::Relationship { linked_spawn: true, .. } => Some(Side::Above),
        RelationshipAccessor::RelationshipTarget { linked_spawn: true, .. } => Some(Side::Below),
        _ => None,
    }
}

fn is_childhood(world: &World, component: ComponentId) -> bool {
    [world.component_id::<ChildOf>(), world.component_id::<Children>()].contains(&Some(component))
}

fn reflect_of(world: &World, component: ComponentId) -> Option<ReflectComponent> {
    let type_id = world.components().get_info(component)?.type_id()?;
    world.get_resource::<AppTypeRegistry>()?.read().get_type_data::<ReflectComponent>(type_id).cloned()
}

/// The entities that a component names.
fn entities_in(value: &dyn PartialReflect, found: &mut Vec<Entity>) {
    if let Some(entity) = value.try_downcast_ref::<Entity>() {
        found.push(*entity);
        return;
    }
    match value.reflect_ref() {
        ReflectRef::Struct(fields) => fields.iter_fields().for_each(|(_, field)| entities_in(field, found)),
        ReflectRef::TupleStruct(fields) => fields.iter_fields().for_each(|field| entities_in(field, found)),
        ReflectRef::List(items) => items.iter().for_each(|item| entities_in(item, found)),
        ReflectRef::Set(items) => items.iter().for_each(|item| entities_in(item, found)),
        _ => {}
    }
}

/// Whether an entity may get a component that makes it a child, of whatever relationship. How many entities were looked at.
///
/// # Errors
/// As [`check_parent`]; and if nobody can see who the other children are.
pub(super) fn check_relationship(
    world: &World,
    entity: Entity,
    component: &Component,
    value: &dyn PartialReflect,
) -> Result<usize, String> {
    let accessor = world.components().get_info(component.id).and_then(ComponentInfo::relationship_accessor);
    let Some(RelationshipAccessor::Relationship { linked_spawn: true, relationship_target, .. }) = accessor else {
        return Ok(0);
    };
    if !is_childhood(world, component.id) && reflect_of(world, *relationship_target).is_none() {
        let name = &component.name;
        return Err(format!(
            "cannot insert '{name}': entities are despawned along this relationship, so the type of its far side needs \
             #[derive(Reflect)] and #[reflect(Component)]"
        ));
    }
    let mut parents = Vec::new();
    entities_in(value, &mut parents);
    parents.into_iter().map(|parent| check_parent(world, parent, entity)).sum()
}

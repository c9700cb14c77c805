//! Parents and children in scripts: `entity:parent()`, `entity:children()`, `entity:add_child(child)`.
//!
//! The hierarchy is Bevy's: a child names its parent, and goes with it when it is despawned. Bevy walks it by recursion,
//! so nothing here lets it grow into a ring or deeper than a stack can bear.

use bevy::ecs::entity::Entity;
use bevy::ecs::hierarchy::{ChildOf, Children};
use bevy::ecs::world::World;

use super::entity::{as_entity, entity_value, gone, label, world_of};
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
/// entities were looked at.
pub(super) fn check_parent(world: &World, parent: Entity, child: Entity) -> Result<usize, String> {
    let mut above = 0;
    let mut ancestor = Some(parent);
    while let Some(entity) = ancestor {
        if entity == child {
            let (parent, child) = (label(world, parent), label(world, child));
            return Err(if parent == child {
                format!("entity {child} cannot be its own parent")
            } else {
                format!("entity {parent} cannot be the parent of {child}, because it is one of its descendants")
            });
        }
        above += 1;
        ancestor = parent_of(world, entity);
        if above > DEPTH_MAX {
            return Err(too_deep());
        }
    }
    // Generation by generation, from the child on.
    let mut looked_at = above;
    let mut generation = vec![child];
    while !generation.is_empty() {
        above += 1;
        if above > DEPTH_MAX {
            return Err(too_deep());
        }
        looked_at += generation.len();
        generation = generation.into_iter().flat_map(|entity| children_of(world, entity)).collect();
    }
    Ok(looked_at)
}

fn too_deep() -> String {
    format!("more than {DEPTH_MAX} generations of children")
}

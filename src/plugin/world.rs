//! The world in scripts: the table `world`.
//!
//! It is empty and read-only, and all that it can do are methods: `world:query("Transform")`. A resource is to
//! Bevy a component of an entity of its own, and so it is here.

use std::rc::Rc;

use bevy::ecs::entity::Entity;
use bevy::ecs::name::Name;

use super::class::hidden_metatable;
use super::entity::{component, entity_value, world_of};
use super::environment::Shared;
use super::reflect::{Kind, Reference, read};
use super::{change, declared, events, query};
use crate::api::{Action, Call, Context, Native, Raised, Table, TableError, Value};

/// Adds `world` to the globals.
pub(super) fn install<'gc>(ctx: Context<'gc>, shared: &Rc<Shared>) -> Result<(), TableError> {
    let methods = Table::new(ctx);
    events::add_world_methods(ctx, methods, shared)?;
    query::install(ctx, methods, shared)?;
    change::add_world_methods(ctx, methods, shared)?;
    let to = Rc::clone(shared);
    let resource = Native::new(ctx, "resource", move |call| resource(call, &to));
    methods.set_field(ctx, "resource", Value::Native(resource))?;
    methods.set_field(ctx, "component", Value::Native(Native::new(ctx, "component", declared::component)))?;
    methods.set_field(ctx, "find", Value::Native(Native::new(ctx, "find", find)))?;
    methods.freeze();
    let metatable = hidden_metatable(ctx, "world")?;
    metatable.set_field(ctx, "__index", Value::Table(methods))?;
    metatable.freeze();
    let world = Table::new(ctx);
    world.set_metatable(ctx, Some(metatable));
    world.freeze();
    ctx.globals().set_field(ctx, "world", Value::Table(world))
}

/// `world:resource(name)`: a reference, as to a component; nil where the world has none of the type.
fn resource<'gc>(call: &mut Call<'_, 'gc>, shared: &Shared) -> Result<Action<'gc>, Raised<'gc>> {
    let Value::String(name) = call.arg(1) else {
        let got = call.arg(1).type_name();
        return Err(Raised::argument(1, format!("name of a resource expected, got {got}")));
    };
    let place = component(call, shared, name.as_bytes())?;
    let world = world_of(call)?;
    let entity = world.resource_entities().get(place.component.id);
    let is_there = |entity: &Entity| world.get_entity(*entity).is_ok_and(|held| held.contains_id(place.component.id));
    let Some(entity) = entity.filter(is_there) else { return call.ret1(Value::Nil) };
    if matches!(place.kind, Kind::Enum(_)) {
        let value = read(call, Reference::new(entity, place))?;
        return call.ret1(value);
    }
    let reference = Reference::new(entity, place).wrap(call.ctx);
    call.ret1(Value::UserData(reference))
}

/// `world:find(name)`: the first entity with this name, by Bevy's order; nil where there is none.
fn find<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let Value::String(name) = call.arg(1) else {
        let got = call.arg(1).type_name();
        return Err(Raised::argument(1, format!("name of an entity expected, got {got}")));
    };
    let world = world_of(call)?;
    let mut names = world.query::<(Entity, &Name)>();
    let mut cost = 0;
    let mut look = |known: &Name| cost += if known.len() == name.len() { 1 + name.len() / 64 } else { 1 };
    let mut known = names.iter(world).inspect(|(_, known)| look(known));
    let found = known.find(|(_, known)| known.as_bytes() == name.as_bytes()).map(|(entity, _)| entity);
    call.charge(cost / 4);
    let found = found.map_or(Value::Nil, |entity| entity_value(call.ctx, entity));
    call.ret1(found)
}

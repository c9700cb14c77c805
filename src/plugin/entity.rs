//! Entities in scripts: `entity.Transform`, `entity:despawn()`, `entity:has(name)`, `entity.alive`.
//!
//! An entity in Lua is its identifier and nothing else. Every use asks the world, which is the host that the machine
//! hands to each native; an entity that is gone is an error with its name, never a panic.

use std::rc::Rc;

use bevy::ecs::entity::Entity;
use bevy::ecs::name::Name;
use bevy::ecs::world::World;

use super::behaviour::Behaviour;
use super::change::{insert_component, remove_component};
use super::class::Class;
use super::environment::Shared;
use super::kept::{keep, kept};
use super::reflect::{self, Kind, Place, Reference, SEARCH_FUEL};
use super::state::States;
use super::{change, events, guard, hierarchy};
use crate::api::{
    Action, Call, Context, Glance, LuaString, Native, Numbers, Raised, Table, TableError, UserData, Value,
};

/// The world that the scheduler passed to this step.
pub(super) fn world_of<'a, 'gc>(call: &'a mut Call<'_, 'gc>) -> Result<&'a mut World, Raised<'gc>> {
    call.host.downcast_mut().ok_or_else(|| Raised::message("there is no world to reach from here"))
}

/// The mark of the numbers that are an entity: two userdata of one entity are the same key of a table.
const ENTITY: u16 = u16::MAX;

/// The entity that a userdata is.
#[inline]
fn held(data: UserData<'_>) -> Option<Entity> {
    let Numbers { kind: ENTITY, parts: [low, high, ..] } = *data.numbers()? else { return None };
    Entity::try_from_bits(u64::from(low) | u64::from(high) << 32)
}

/// An entity as a Lua value.
pub(super) fn entity_value<'gc>(ctx: Context<'gc>, entity: Entity) -> Value<'gc> {
    Value::UserData(entity_data(ctx, entity))
}

/// An entity as a userdata.
pub(super) fn entity_data<'gc>(ctx: Context<'gc>, entity: Entity) -> UserData<'gc> {
    let [a, b, c, d, e, f, g, h] = entity.to_bits().to_le_bytes();
    let parts = [u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]), 0, 0];
    Class::Entity.wrap_numbers(ctx, Numbers { kind: ENTITY, parts })
}

/// The entity that a Lua value is.
pub(super) fn as_entity(value: Value<'_>) -> Option<Entity> {
    match value {
        Value::UserData(data) => held(data),
        _ => None,
    }
}

/// An entity for people: its identifier and, if it has one, its name.
pub(super) fn label(world: &World, entity: Entity) -> String {
    match world.get_entity(entity).ok().and_then(|entity| entity.get::<Name>()) {
        Some(name) => {
            const SHOWN_MAX: usize = 64;
            let shown: String = name.chars().take(SHOWN_MAX).collect();
            format!("{entity} \"{shown}\"")
        }
        None => entity.to_string(),
    }
}

/// The complaint about an entity that is no more.
#[cold]
pub(super) fn gone<'gc>(entity: Entity) -> Raised<'gc> {
    Raised::message(format!("entity {entity} is gone"))
}

/// Fills the metatable of entities.
pub(super) fn install<'gc>(ctx: Context<'gc>, shared: &Rc<Shared>, states: States<'gc>) -> Result<(), TableError> {
    let metatable = Class::Entity.install(ctx)?;
    let methods = Table::new(ctx);
    methods.set_field(ctx, "despawn", Value::Native(Native::new(ctx, "despawn", despawn)))?;
    events::add_entity_methods(ctx, methods, shared)?;
    hierarchy::add_entity_methods(ctx, methods)?;
    change::add_entity_methods(ctx, methods, shared)?;
    let components = Rc::clone(shared);
    let has = Native::new(ctx, "has", move |call| has(call, &components));
    methods.set_field(ctx, "has", Value::Native(has))?;

    let components = Rc::clone(shared);
    let upvalues = [methods, states.made, states.environments].map(Value::Table);
    let index = Native::with_glance(ctx, "index", &upvalues, move |call| index(call, &components), glance);
    metatable.set_field(ctx, "__index", Value::Native(index))?;
    let components = Rc::clone(shared);
    let new_index = Native::new(ctx, "newindex", move |call| new_index(call, &components));
    metatable.set_field(ctx, "__newindex", Value::Native(new_index))?;
    metatable.set_field(ctx, "__eq", Value::Native(Native::new(ctx, "eq", equals)))?;
    metatable.set_field(ctx, "__tostring", Value::Native(Native::new(ctx, "tostring", to_string)))?;
    metatable.freeze();
    Ok(())
}

/// `entity.key`, where that is a component that was asked for before, or a method.
fn glance<'gc>(glance: Glance<'_, 'gc>) -> Option<Value<'gc>> {
    let (data, key) = (glance.object, glance.key);
    let called_so =
        |kept: UserData<'gc>| kept.shared_ref::<Place>().filter(|(place, _)| place.is_called(key.as_bytes()));
    if let Some((kept, (place, _))) = kept(glance.ctx, data, called_so) {
        return reflect::glance_at_component(glance, held(data)?, kept, place);
    }
    let Value::Table(methods) = glance.upvalue(0) else { return None };
    Some(methods.get_string(glance.ctx, key)).filter(|method| !method.is_nil())
}

/// `entity.key`: a method, `alive`, or a component.
fn index<'gc>(call: &mut Call<'_, 'gc>, shared: &Shared) -> Result<Action<'gc>, Raised<'gc>> {
    let (Value::UserData(data), Value::String(key)) = (call.arg(0), call.arg(1)) else {
        return Err(bad_key(call));
    };
    let Some(entity) = held(data) else { return Err(bad_key(call)) };
    if let Value::Table(methods) = call.upvalue(0) {
        let method = methods.get_string(call.ctx, key);
        if !method.is_nil() {
            return call.ret1(method);
        }
    }
    if key.as_bytes() == b"alive" {
        let alive = world_of(call)?.get_entity(entity).is_ok();
        return call.ret1(Value::Boolean(alive));
    }
    if key.as_bytes() == b"name" {
        let ctx = call.ctx;
        let Ok(found) = world_of(call)?.get_entity(entity) else { return Err(gone(entity)) };
        let name = found.get::<Name>().map_or(Value::Nil, |name| reflect::copied_text(ctx, name));
        return call.ret1(name);
    }
    if key.as_bytes() == b"state" {
        return state_of(call, shared, entity);
    }
    let place = component(call, shared, key.as_bytes())?;
    reflect::require(world_of(call)?, entity, &place)?;
    if matches!(place.kind, Kind::Enum(_)) {
        let value = reflect::read(call, Reference::new(entity, place))?;
        return call.ret1(value);
    }
    let reference = component_of(call.ctx, data, entity, &place);
    call.ret1(Value::UserData(reference))
}

/// The reference to an entity's component, as the entity's userdata keeps it.
pub(super) fn component_of<'gc>(
    ctx: Context<'gc>,
    data: UserData<'gc>,
    entity: Entity,
    place: &Rc<Place>,
) -> UserData<'gc> {
    if let Some((kept, ())) = kept(ctx, data, |kept| kept.is_share_of::<Place>(place).then_some(())) {
        return kept;
    }
    let reference = Reference::new(entity, Rc::clone(place)).wrap(ctx);
    keep(ctx, data, reference);
    reference
}

/// `entity.key = value`: puts a component in place of the one it may have; nil removes it.
fn new_index<'gc>(call: &mut Call<'_, 'gc>, shared: &Shared) -> Result<Action<'gc>, Raised<'gc>> {
    let (Some(entity), Value::String(key)) = (as_entity(call.arg(0)), call.arg(1)) else { return Err(bad_key(call)) };
    if key.as_bytes() == b"name" {
        return set_name(call, entity);
    }
    if key.as_bytes() == b"state" {
        return Err(Raised::message("the state of a behaviour cannot be replaced: set its fields"));
    }
    let place = component(call, shared, key.as_bytes())?;
    match call.arg(2) {
        Value::Nil => remove_component(call, entity, &place)?,
        value => insert_component(call, entity, &place, value)?,
    }
    call.ret0()
}

/// `entity.state`: the table that the entity's behaviour knows as `state`; nil if it has none, or before its first turn.
fn state_of<'gc>(call: &mut Call<'_, 'gc>, shared: &Shared, entity: Entity) -> Result<Action<'gc>, Raised<'gc>> {
    let Ok(found) = world_of(call)?.get_entity(entity) else { return Err(gone(entity)) };
    let has_behaviour = found.contains::<Behaviour>();
    let body = shared.behaviours.borrow().get(&entity).copied().filter(|_| has_behaviour);
    let state = match (call.upvalue(1), call.upvalue(2), body) {
        (Value::Table(made), Value::Table(environments), Some(body)) => {
            States { made, environments }.of_begun(call.ctx, i64::from(body) + 1)?
        }
        _ => None,
    };
    call.ret1(state.map_or(Value::Nil, Value::Table))
}

/// `entity.name = name`: nil takes it away.
fn set_name<'gc>(call: &mut Call<'_, 'gc>, entity: Entity) -> Result<Action<'gc>, Raised<'gc>> {
    let name = match call.arg(2) {
        Value::Nil => None,
        Value::String(name) => Some(new_name(call, name)?),
        other => {
            let got = other.type_name();
            return Err(Raised::message(format!(
                "cannot set the name of entity {entity}: a string is wanted, got a {got}"
            )));
        }
    };
    let world = world_of(call)?;
    guard::check_entity(world, entity).map_err(|why| Raised::message(format!("cannot set the name: {why}")))?;
    let Ok(mut found) = world.get_entity_mut(entity) else { return Err(gone(entity)) };
    match name {
        Some(name) => found.insert(name),
        None => found.remove::<Name>(),
    };
    call.ret0()
}

/// How long a name may be: it stays in the world, out of sight of the scripts' ledger.
const NAME_MAX: usize = 1024;

/// A name for an entity, which is copied and hashed.
///
/// # Errors
/// If it is no name but a text.
pub(super) fn new_name<'gc>(call: &mut Call<'_, 'gc>, name: LuaString<'gc>) -> Result<Name, Raised<'gc>> {
    if name.len() > NAME_MAX {
        let got = name.len();
        return Err(Raised::message(format!("the name of an entity has at most {NAME_MAX} bytes, got {got}")));
    }
    call.charge(name.len() / 16);
    Ok(Name::new(name.to_text().into_owned()))
}

pub(super) fn component<'gc>(call: &mut Call<'_, 'gc>, shared: &Shared, name: &[u8]) -> Result<Rc<Place>, Raised<'gc>> {
    if let Some(place) = shared.components.borrow().get(name) {
        return Ok(Rc::clone(place));
    }
    let known_as = name.into();
    let name = String::from_utf8_lossy(name);
    call.ctx.charge(SEARCH_FUEL);
    let place = reflect::resolve(world_of(call)?, &name).map_err(Raised::message)?;
    shared.components.borrow_mut().insert(known_as, Rc::clone(&place));
    Ok(place)
}

#[cold]
fn bad_key<'gc>(call: &Call<'_, 'gc>) -> Raised<'gc> {
    if as_entity(call.arg(0)).is_none() {
        return Raised::argument(0, format!("entity expected, got {}", call.arg(0).type_name()));
    }
    Raised::message(format!("an entity is indexed by the name of a component, got a {}", call.arg(1).type_name()))
}

pub(super) fn this<'gc>(call: &Call<'_, 'gc>, method: &str) -> Result<Entity, Raised<'gc>> {
    as_entity(call.arg(0)).ok_or_else(|| {
        let got = call.arg(0).type_name();
        Raised::argument(0, format!("entity expected, got {got}; call it as entity:{method}(…)"))
    })
}

/// What it costs to despawn one of the entities below another.
const DESPAWN_FUEL: usize = 64;

/// `entity:despawn()`: with all its children. A behaviour that despawns its own entity runs on until it waits.
fn despawn<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let entity = this(call, "despawn")?;
    let world = world_of(call)?;
    if world.get_entity(entity).is_err() {
        return Err(gone(entity));
    }
    guard::check_entity(world, entity).map_err(|why| Raised::message(format!("cannot despawn: {why}")))?;
    let below = hierarchy::count_below(world, entity);
    world.despawn(entity);
    call.charge(below.saturating_mul(DESPAWN_FUEL));
    call.ret0()
}

/// `entity:has(name, …)`: whether it has all these components now.
fn has<'gc>(call: &mut Call<'_, 'gc>, shared: &Shared) -> Result<Action<'gc>, Raised<'gc>> {
    let entity = this(call, "has")?;
    let mut has_all = true;
    for index in 1..call.len().max(2) {
        let Value::String(name) = call.arg(index) else {
            let got = call.arg(index).type_name();
            return Err(Raised::argument(index, format!("name of a component expected, got {got}")));
        };
        let place = component(call, shared, name.as_bytes())?;
        let Ok(found) = world_of(call)?.get_entity(entity) else { return Err(gone(entity)) };
        has_all &= place.component.is_on(found);
    }
    call.ret1(Value::Boolean(has_all))
}

fn equals<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let same = as_entity(call.arg(0)).is_some_and(|entity| Some(entity) == as_entity(call.arg(1)));
    call.ret1(Value::Boolean(same))
}

fn to_string<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let entity = this(call, "tostring")?;
    let text = format!("Entity({})", label(world_of(call)?, entity));
    let text = call.ctx.text(text);
    call.ret1(text)
}

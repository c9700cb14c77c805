//! What scripts change about entities as a whole: components that come and go, and new entities.
//!
//! A component is built whole before the world is touched, so Bevy is never handed half a value. Of a hierarchy the rules
//! of `hierarchy` hold, whichever way it is changed.

use std::rc::Rc;

use bevy::ecs::component::Component;
use bevy::ecs::entity::Entity;
use bevy::ecs::hierarchy::ChildOf;
use bevy::ecs::reflect::AppTypeRegistry;
use bevy::ecs::world::World;
use bevy::reflect::Reflect;

use super::entity::{as_entity, component, entity_value, gone, new_name, this, world_of};
use super::environment::Shared;
use super::guard;
use super::hierarchy::{check_parent, check_relationship};
use super::reflect::{Builder, Kind, Place, Reference, read, require};
use super::settings::DeimosSettings;
use super::written::{self, Entry};
use crate::api::{Action, Call, Context, Native, Raised, Table, TableError, Value};

/// Adds the methods of entities.
pub(super) fn add_entity_methods<'gc>(
    ctx: Context<'gc>,
    methods: Table<'gc>,
    shared: &Rc<Shared>,
) -> Result<(), TableError> {
    let add = |name: &'static str, run: Run| {
        let shared = Rc::clone(shared);
        methods.set_field(ctx, name, Value::Native(Native::new(ctx, name, move |call| run(call, &shared))))
    };
    add("get", get)?;
    add("insert", insert)?;
    add("remove", remove)?;
    add("components", components)
}

/// Adds the methods of the world.
pub(super) fn add_world_methods<'gc>(
    ctx: Context<'gc>,
    methods: Table<'gc>,
    shared: &Rc<Shared>,
) -> Result<(), TableError> {
    let add = |name: &'static str, run: Run| {
        let shared = Rc::clone(shared);
        methods.set_field(ctx, name, Value::Native(Native::new(ctx, name, move |call| run(call, &shared))))
    };
    add("spawn", spawn)?;
    add("insert_resource", insert_resource)?;
    add("remove_resource", remove_resource)
}

type Run = for<'a, 'b, 'gc> fn(&'a mut Call<'b, 'gc>, &Shared) -> Result<Action<'gc>, Raised<'gc>>;

/// The component that an argument names.
fn named<'gc>(call: &mut Call<'_, 'gc>, shared: &Shared, index: usize) -> Result<Rc<Place>, Raised<'gc>> {
    let Value::String(name) = call.arg(index) else {
        let got = call.arg(index).type_name();
        return Err(Raised::argument(index, format!("name of a component expected, got {got}")));
    };
    component(call, shared, name.as_bytes())
}

/// `entity:get(name)`: nil where the entity has no such component.
fn get<'gc>(call: &mut Call<'_, 'gc>, shared: &Shared) -> Result<Action<'gc>, Raised<'gc>> {
    let entity = this(call, "get")?;
    let place = named(call, shared, 1)?;
    let world = world_of(call)?;
    let Ok(found) = world.get_entity(entity) else { return Err(gone(entity)) };
    if !found.contains_id(place.component.id) {
        return call.ret1(Value::Nil);
    }
    let value = read(call, Reference::new(entity, place))?;
    call.ret1(value)
}

/// `entity:insert(name [, value])`, `entity:insert{Name = value, …}`
fn insert<'gc>(call: &mut Call<'_, 'gc>, shared: &Shared) -> Result<Action<'gc>, Raised<'gc>> {
    let entity = this(call, "insert")?;
    if let Value::Table(components) = call.arg(1) {
        insert_all(call, shared, entity, components)?;
    } else {
        let place = named(call, shared, 1)?;
        let value = match call.arg(2) {
            Value::Nil => Value::Table(Table::new(call.ctx)),
            value => value,
        };
        insert_component(call, entity, &place, value)?;
    }
    let this = call.arg(0);
    call.ret1(this)
}

/// Puts components on an entity: all of them are built before the first is inserted.
fn insert_all<'gc>(
    call: &mut Call<'_, 'gc>,
    shared: &Shared,
    entity: Entity,
    components: Table<'gc>,
) -> Result<(), Raised<'gc>> {
    let mut built = Vec::new();
    let mut position = 0;
    while let Some((next, key, value)) = components.next_from(call.ctx, position) {
        position = next;
        let (name, value) = match (key, value) {
            (Value::String(name), value) => (name, value),
            // A name alone, among the values that are counted: a component as it is by default.
            (Value::Integer(_), Value::String(name)) => (name, Value::Table(Table::new(call.ctx))),
            (key, _) => {
                let key = call.ctx.plain_string(key).to_text().into_owned();
                return Err(Raised::message(format!("names of components are wanted as keys, got '{key}'")));
            }
        };
        let place = component(call, shared, name.as_bytes())?;
        let (value, bytes) = build(call, &place, value)?;
        written::note(call.ctx, world_of(call)?, (entity, &place.component), (Entry::Whole, bytes))?;
        built.push((place, value));
    }
    for (place, value) in built {
        let looked_at = insert_built(world_of(call)?, entity, &place, &*value)?;
        call.charge(looked_at);
    }
    Ok(())
}

/// A component of a Lua value, and about how many bytes it takes.
fn build<'gc>(
    call: &mut Call<'_, 'gc>,
    place: &Place,
    value: Value<'gc>,
) -> Result<(Box<dyn Reflect>, usize), Raised<'gc>> {
    let ctx = call.ctx;
    let world = world_of(call)?;
    // A component without fields may be said to be there.
    let is_empty = matches!(place.kind, Kind::Fields(_) | Kind::Declared) && place.first_field().is_empty();
    let value = if is_empty && matches!(value, Value::Boolean(true)) { Value::Table(Table::new(ctx)) } else { value };
    let mut builder = Builder::new(ctx, world, place.text.as_str());
    if let Some(declared) = &place.component.declared {
        let fields = builder.declared(declared, value, None).map_err(Raised::message)?;
        return Ok((declared.make(fields), builder.bytes()));
    }
    let built = builder.build(place.typed, value, None).map_err(Raised::message)?;
    Ok((built, builder.bytes()))
}

/// Puts a component on an entity, in place of the one it may have.
pub(super) fn insert_component<'gc>(
    call: &mut Call<'_, 'gc>,
    entity: Entity,
    place: &Place,
    value: Value<'gc>,
) -> Result<(), Raised<'gc>> {
    if world_of(call)?.get_entity(entity).is_err() {
        return Err(gone(entity));
    }
    let (built, bytes) = build(call, place, value)?;
    written::note(call.ctx, world_of(call)?, (entity, &place.component), (Entry::Whole, bytes))?;
    let looked_at = insert_built(world_of(call)?, entity, place, &*built)?;
    call.charge(looked_at);
    Ok(())
}

/// Fails unless scripts may change which components of a kind there are, on an entity or as a resource.
fn check<'gc>(world: &World, entity: Option<Entity>, place: &Place, what: &str) -> Result<(), Raised<'gc>> {
    guard::check_component(&place.component)
        .and_then(|()| entity.map_or(Ok(()), |entity| guard::check_entity(world, entity)))
        .map_err(|why| Raised::message(format!("cannot {what} '{}': {why}", place.component.name)))
}

/// Puts a component that was built on an entity. How many others were looked at for that.
fn insert_built<'gc>(
    world: &mut World,
    entity: Entity,
    place: &Place,
    value: &dyn Reflect,
) -> Result<usize, Raised<'gc>> {
    let name = &place.component.name;
    if place.component.is_resource {
        let hint = format!("use world:insert_resource(\"{name}\", {{…}})");
        return Err(Raised::message(format!("'{name}' is a resource, of which the world has one: {hint}")));
    }
    check(world, Some(entity), place, "insert")?;
    if let Some(parent) = value.downcast_ref::<ChildOf>().map(ChildOf::parent)
        && world.get_entity(parent).is_err()
    {
        return Err(gone(parent));
    }
    let looked_at =
        check_relationship(world, entity, &place.component, value.as_partial_reflect()).map_err(Raised::message)?;
    let Some(registry) = world.get_resource::<AppTypeRegistry>().cloned() else { return Ok(looked_at) };
    let Ok(mut found) = world.get_entity_mut(entity) else { return Err(gone(entity)) };
    place.component.reflect.insert(&mut found, value.as_partial_reflect(), &registry.read());
    Ok(looked_at)
}

/// Removes a component; one that is not there is no error.
pub(super) fn remove_component<'gc>(
    call: &mut Call<'_, 'gc>,
    entity: Entity,
    place: &Place,
) -> Result<(), Raised<'gc>> {
    let world = world_of(call)?;
    check(world, Some(entity), place, "remove")?;
    let Ok(mut found) = world.get_entity_mut(entity) else { return Err(gone(entity)) };
    place.component.reflect.remove(&mut found);
    Ok(())
}

/// `entity:remove(name, …)`
fn remove<'gc>(call: &mut Call<'_, 'gc>, shared: &Shared) -> Result<Action<'gc>, Raised<'gc>> {
    let entity = this(call, "remove")?;
    for index in 1..call.len().max(2) {
        let place = named(call, shared, index)?;
        remove_component(call, entity, &place)?;
    }
    let this = call.arg(0);
    call.ret1(this)
}

/// `entity:components()`: the names of those that scripts can use, in alphabetical order.
fn components<'gc>(call: &mut Call<'_, 'gc>, _: &Shared) -> Result<Action<'gc>, Raised<'gc>> {
    let entity = this(call, "components")?;
    let ctx = call.ctx;
    let world = world_of(call)?;
    if world.get_entity(entity).is_err() {
        return Err(gone(entity));
    }
    let list = Table::new(ctx);
    let names = super::reflect::component_names(world, entity);
    ctx.charge(u32::try_from(8 * names.len()).unwrap_or(u32::MAX));
    for (index, name) in (1..).zip(names) {
        list.set_integer(ctx, index, ctx.text(name))?;
    }
    call.ret1(Value::Table(list))
}

/// How deep the children of a new entity may be nested.
const SPAWN_DEPTH_MAX: usize = 32;

/// `world:spawn{Name = value, …, name = "…", parent = entity, children = {{…}, …}}`
fn spawn<'gc>(call: &mut Call<'_, 'gc>, shared: &Shared) -> Result<Action<'gc>, Raised<'gc>> {
    let components = match call.arg(1) {
        Value::Table(components) => components,
        Value::Nil => Table::new(call.ctx),
        other => {
            let got = other.type_name();
            return Err(Raised::argument(1, format!("table of components expected, got {got}")));
        }
    };
    let entity = spawn_one(call, shared, components, None, 0)?;
    let entity = entity_value(call.ctx, entity);
    call.ret1(entity)
}

/// Refuses one more entity where there are too many in the world.
fn check_room<'gc>(call: &mut Call<'_, 'gc>) -> Result<(), Raised<'gc>> {
    let world: &World = world_of(call)?;
    let limit = world.get_resource::<DeimosSettings>().map_or(u32::MAX, |settings| settings.entity_limit);
    // As many as there ever were at once, which is known without counting.
    let most = world.entities().len();
    if most < limit {
        return Ok(());
    }
    let count = world.entities().count_spawned();
    call.charge(most as usize / 16);
    if count < limit {
        return Ok(());
    }
    let remedy = "despawn some, or raise DeimosSettings::entity_limit";
    Err(Raised::message(format!("there are {count} entities, and scripts can spawn no more: {remedy}")))
}

/// Spawns an entity and its children; if that fails, there is none of them.
fn spawn_one<'gc>(
    call: &mut Call<'_, 'gc>,
    shared: &Shared,
    described: Table<'gc>,
    parent: Option<Entity>,
    depth: usize,
) -> Result<Entity, Raised<'gc>> {
    if depth > SPAWN_DEPTH_MAX {
        return Err(Raised::message(format!("children are nested more than {SPAWN_DEPTH_MAX} levels deep")));
    }
    let ctx = call.ctx;
    call.charge(64);
    // Rust's memory has no limit of its own here.
    ctx.ledger().check(1024)?;
    check_room(call)?;
    let components = Table::new(ctx);
    let (mut name, mut children, mut above) = (None, Vec::new(), parent);
    let mut position = 0;
    while let Some((next, key, value)) = described.next_from(ctx, position) {
        position = next;
        match (key, value) {
            (Value::String(key), Value::String(value)) if key.as_bytes() == b"name" => name = Some(value),
            (Value::String(key), Value::Table(list)) if key.as_bytes() == b"children" => {
                children.extend((1..=list.len()).map(|index| list.get_integer(ctx, index)));
            }
            (Value::String(key), value) if key.as_bytes() == b"parent" => match as_entity(value) {
                Some(entity) => above = Some(entity),
                None => {
                    let got = value.type_name();
                    return Err(Raised::message(format!("'parent' of a new entity is to be an entity, got a {got}")));
                }
            },
            (key, value) => components.set(ctx, key, value)?,
        }
    }
    let name = name.map(|name| new_name(call, name)).transpose()?;
    let mut new = world_of(call)?.spawn_empty();
    if let Some(name) = name {
        new.insert(name);
    }
    let entity = new.id();
    let made = fill_new(call, shared, entity, (components, above), (&children, depth));
    if let Err(raised) = made {
        if let Ok(found) = world_of(call)?.get_entity_mut(entity) {
            found.despawn();
        }
        return Err(raised);
    }
    Ok(entity)
}

fn fill_new<'gc>(
    call: &mut Call<'_, 'gc>,
    shared: &Shared,
    entity: Entity,
    (components, parent): (Table<'gc>, Option<Entity>),
    (children, depth): (&[Value<'gc>], usize),
) -> Result<(), Raised<'gc>> {
    if let Some(parent) = parent {
        let world = world_of(call)?;
        if world.get_entity(parent).is_err() {
            return Err(gone(parent));
        }
        check_parent(world, parent, entity).map_err(Raised::message)?;
        let Ok(mut found) = world.get_entity_mut(entity) else { return Err(gone(entity)) };
        found.insert(ChildOf(parent));
    }
    insert_all(call, shared, entity, components)?;
    for child in children {
        match child {
            Value::Table(child) => {
                spawn_one(call, shared, *child, Some(entity), depth + 1)?;
            }
            other => {
                let got = other.type_name();
                return Err(Raised::message(format!(
                    "'children' of a new entity lists tables of components, got a {got}"
                )));
            }
        }
    }
    Ok(())
}

/// `world:insert_resource(name [, value])`: in place of the one there may be. A reference to it.
fn insert_resource<'gc>(call: &mut Call<'_, 'gc>, shared: &Shared) -> Result<Action<'gc>, Raised<'gc>> {
    let place = named(call, shared, 1)?;
    let name = &place.component.name;
    if !place.component.is_resource {
        let why = "its type needs #[reflect(Resource)]";
        return Err(Raised::message(format!("'{name}' is no resource: {why}")));
    }
    check(world_of(call)?, None, &place, "insert")?;
    let value = match call.arg(2) {
        Value::Nil => Value::Table(Table::new(call.ctx)),
        value => value,
    };
    // There is one of a type, so they cannot add up.
    let (built, _) = build(call, &place, value)?;
    let world = world_of(call)?;
    let holder = world.resource_entities().get(place.component.id).filter(|entity| world.get_entity(*entity).is_ok());
    let holder = holder.unwrap_or_else(|| world.spawn_empty().id());
    let is_new = require(world, holder, &place).is_err();
    let Some(registry) = world.get_resource::<AppTypeRegistry>().cloned() else { return call.ret0() };
    let Ok(mut found) = world.get_entity_mut(holder) else { return Err(gone(holder)) };
    if is_new {
        found.insert(OfScripts);
    }
    place.component.reflect.insert(&mut found, built.as_partial_reflect(), &registry.read());
    let value = read(call, Reference::new(holder, place))?;
    call.ret1(value)
}

/// Marks the entity of a resource that a script has inserted.
#[derive(Component)]
struct OfScripts;

/// `world:remove_resource(name)`: whether there was one. Only of those that scripts have inserted: the game's systems fail
/// without what they expect.
fn remove_resource<'gc>(call: &mut Call<'_, 'gc>, shared: &Shared) -> Result<Action<'gc>, Raised<'gc>> {
    let place = named(call, shared, 1)?;
    let world = world_of(call)?;
    check(world, None, &place, "remove")?;
    let holder = world.resource_entities().get(place.component.id);
    let is_there = holder.is_some_and(|entity| require(world, entity, &place).is_ok());
    if let Some(entity) = holder.filter(|_| is_there && place.component.is_resource)
        && let Ok(mut found) = world.get_entity_mut(entity)
    {
        if found.take::<OfScripts>().is_none() {
            let name = &place.component.name;
            let why = "it belongs to the game; scripts can read and change it";
            return Err(Raised::message(format!("cannot remove '{name}': {why}")));
        }
        place.component.reflect.remove(&mut found);
    }
    call.ret1(Value::Boolean(is_there))
}

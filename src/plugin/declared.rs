//! Components that are defined in Lua: `world:component("Health", {hp = 10})`.
//!
//! Each is a real component of Bevy, one of a fixed pool of types, so archetypes, hooks, filters and change detection are
//! the same as for one in Rust, and no component is ever made of raw memory. What it is called and which fields it has is
//! a declaration, kept in a resource; a declaration never changes. Scripts reach the fields by the same places and
//! references as those of any component.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::sync::Arc;

use bevy::app::App;
use bevy::ecs::change_detection::Mut;
use bevy::ecs::component::{Component, ComponentId};
use bevy::ecs::entity::{Entity, EntityMapper};
use bevy::ecs::entity_disabling::Disabled;
use bevy::ecs::lifecycle::HookContext;
use bevy::ecs::query::{Allow, With};
use bevy::ecs::reflect::{AppTypeRegistry, ReflectComponent};
use bevy::ecs::resource::Resource;
use bevy::ecs::world::{DeferredWorld, EntityMut, EntityRef, EntityWorldMut, World};
use bevy::reflect::std_traits::ReflectDefault;
use bevy::reflect::{FromType, Reflect, TypeRegistry};

use super::behaviour::{Change, Changes};
use super::data::{LuaData, LuaFields, map_fields, shown};
use super::entity::world_of;
use super::limit::{Limits, limits};
use super::reflect::{Builder, SEARCH_FUEL, is_type};
use crate::api::{Action, Call, Raised, Value};

/// A component that was defined in Lua: one of a pool of types, of which each is one kind of component.
///
/// Which kind has which number depends on the order in which scripts define them, so go by [`LuaComponents`]. A scene may
/// hold another number: what counts is the name, and the component finds its place in the next frame.
#[derive(Component, Reflect, Clone, Debug, Default, PartialEq)]
#[reflect(Component, Default, Clone, PartialEq)]
#[type_path = "deimos"]
#[component(on_insert = check_place::<N>, map_entities = map_component)]
pub struct LuaComponent<const N: usize> {
    /// What scripts call it.
    pub name: String,
    /// Its fields.
    pub fields: LuaFields,
}

fn map_component<const N: usize, M: EntityMapper>(component: &mut LuaComponent<N>, mapper: &mut M) {
    map_fields(&mut component.fields, mapper);
}

/// Where in a [`LuaComponent`] the fields are.
pub(super) const FIELDS: usize = 1;

/// The components that scripts have defined, as Rust reaches them.
///
/// # Example
///
/// ```
/// use bevy::prelude::*;
/// use deimos::testing::TestApp;
/// use deimos::{LuaComponents, WorldLuaExt};
///
/// fn total(entities: Query<EntityRef>, components: Res<LuaComponents>) -> i64 {
///     let health = entities.iter().filter_map(|entity| components.get(entity, "Health"));
///     health.filter_map(|health| health.get("hp")?.as_integer()).sum()
/// }
///
/// let mut test = TestApp::new();
/// let entity = test.run("world:component('Health', {hp = 10}) self.Health = {hp = 3}");
/// test.frame();
/// assert_eq!(test.world().run_system_cached(total).ok(), Some(3));
///
/// if let Some(mut health) = test.world().get_lua_component_mut(entity, "Health") {
///     health.insert("hp".to_owned(), 2.into());
/// }
/// assert_eq!(test.world().get_lua_component(entity, "Health").map(|health| health["hp"].as_integer()), Some(Some(2)));
/// ```
#[derive(Resource, Debug, Default)]
pub struct LuaComponents {
    kinds: Vec<Arc<Declaration>>,
    /// How many types there were when the world was made to know all components among them.
    pub(super) learned: usize,
}

/// What a component that is defined in Lua is.
#[derive(Debug)]
pub(super) struct Declaration {
    /// What scripts call it.
    pub(super) name: String,
    /// Its fields, with their defaults.
    pub(super) fields: LuaFields,
    /// What the fields may hold.
    pub(super) limits: Limits,
    /// Its identifier in the world.
    id: ComponentId,
    slot: &'static Slot,
}

impl LuaComponents {
    /// The names of the components, in the order in which they were defined.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.kinds.iter().map(|kind| &*kind.name)
    }

    /// The fields of a component with their defaults.
    pub fn defaults(&self, name: &str) -> Option<&LuaFields> {
        self.find(name).map(|kind| &kind.fields)
    }

    /// The identifier of a component in the world, as queries that are built at run time want it.
    pub fn id(&self, name: &str) -> Option<ComponentId> {
        self.find(name).map(|kind| kind.id)
    }

    /// The fields of an entity's component.
    pub fn get<'w>(&self, entity: EntityRef<'w>, name: &str) -> Option<&'w LuaFields> {
        (self.find(name)?.slot.get)(entity)
    }

    /// The fields of an entity's component, to be changed. Which fields there are, and of which types, must stay as it is:
    /// scripts cannot read others.
    pub fn get_mut<'w>(&self, entity: EntityMut<'w>, name: &str) -> Option<Mut<'w, LuaFields>> {
        (self.find(name)?.slot.get_mut)(entity)
    }

    pub(super) fn find(&self, name: &str) -> Option<&Arc<Declaration>> {
        self.kinds.iter().find(|kind| kind.name == name)
    }

    /// What scripts call the component of a type.
    pub(super) fn name_of(&self, type_id: TypeId) -> Option<&str> {
        self.kinds.iter().find(|kind| (kind.slot.type_id)() == type_id).map(|kind| &*kind.name)
    }
}

// -- the pool ----------------------------------------------------------------------------------------

/// How to deal with one type of the pool.
#[derive(Debug)]
struct Slot {
    type_id: fn() -> TypeId,
    reflect: fn() -> ReflectComponent,
    add_to: fn(&mut TypeRegistry),
    make: fn(String, LuaFields) -> Box<dyn Reflect>,
    get: for<'w> fn(EntityRef<'w>) -> Option<&'w LuaFields>,
    get_mut: for<'w> fn(EntityMut<'w>) -> Option<Mut<'w, LuaFields>>,
    insert: fn(&mut EntityWorldMut<'_>, String, LuaFields),
}

impl Slot {
    const fn new<const N: usize>() -> Slot {
        Slot {
            type_id: TypeId::of::<LuaComponent<N>>,
            reflect: <ReflectComponent as FromType<LuaComponent<N>>>::from_type,
            add_to: TypeRegistry::register::<LuaComponent<N>>,
            make: |name, fields| Box::new(LuaComponent::<N> { name, fields }),
            get: |entity| entity.get::<LuaComponent<N>>().map(|component| &component.fields),
            get_mut: |entity| {
                let component = entity.into_mut::<LuaComponent<N>>()?;
                Some(component.map_unchanged(|component| &mut component.fields))
            },
            insert: |entity, name, fields| {
                entity.insert(LuaComponent::<N> { name, fields });
            },
        }
    }
}

macro_rules! slots {
    ($($number:literal)*) => { [$(Slot::new::<$number>()),*] };
}

static SLOTS: [Slot; 32] = slots! {
    0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31
};

/// Registers the types of the pool, which scenes may name before a script has defined anything.
pub(super) fn register(app: &App) {
    if let Some(registry) = app.world().get_resource::<AppTypeRegistry>() {
        let mut registry = registry.write();
        SLOTS.iter().for_each(|slot| (slot.add_to)(&mut registry));
    }
}

impl Declaration {
    /// The fields on an entity, to be changed.
    pub(super) fn get_mut<'w>(&self, entity: EntityMut<'w>) -> Option<Mut<'w, LuaFields>> {
        (self.slot.get_mut)(entity)
    }

    /// Whether a component is of this kind, with all its fields and no others.
    fn is_kind_of(&self, name: &str, fields: &LuaFields) -> bool {
        let mut pairs = self.fields.iter().zip(fields);
        self.name == name
            && self.fields.len() == fields.len()
            && pairs.all(|((a, default), (b, value))| a == b && default.is_same_type(value))
    }

    /// How to get at the component on an entity, and its identifier.
    pub(super) fn component(&self) -> (ReflectComponent, ComponentId) {
        ((self.slot.reflect)(), self.id)
    }

    /// A component with these fields.
    pub(super) fn make(&self, fields: LuaFields) -> Box<dyn Reflect> {
        (self.slot.make)(self.name.clone(), fields)
    }
}

/// The component that scripts have defined under a name.
pub(super) fn find(world: &World, name: &str) -> Option<Arc<Declaration>> {
    world.get_resource::<LuaComponents>()?.find(name).map(Arc::clone)
}

// -- declaring ---------------------------------------------------------------------------------------

/// `world:component(name [, {field = default, …} [, {field = limit, …}]])`: from then on it is a component as any other.
pub(super) fn component<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let Value::String(name) = call.arg(1) else {
        let got = call.arg(1).type_name();
        return Err(Raised::argument(1, format!("name of a component expected, got {got}")));
    };
    let name = name.to_text().into_owned();
    let ctx = call.ctx;
    let mut fields = LuaFields::new();
    match call.arg(2) {
        Value::Nil => {}
        Value::Table(defaults) => {
            let mut builder = Builder::new(ctx, world_of(call)?, name.as_str());
            let mut position = 0;
            while let Some((next, key, value)) = defaults.next_from(ctx, position) {
                position = next;
                let Value::String(field) = key else {
                    let key = ctx.plain_string(key).to_text().into_owned();
                    return Err(Raised::message(format!("fields of '{name}' have names, and '{key}' is none")));
                };
                let field = field.to_text().into_owned();
                let data = builder.named(&field, value).map_err(Raised::message)?;
                fields.insert(field, data);
            }
        }
        other => {
            let got = other.type_name();
            return Err(Raised::argument(2, format!("table of fields and their defaults expected, got {got}")));
        }
    }
    let limits = match call.arg(3) {
        Value::Nil => Limits::new(),
        Value::Table(given) => {
            let mut builder = Builder::new(ctx, world_of(call)?, name.as_str());
            limits(&mut builder, (ctx, &name), &fields, given).map_err(Raised::message)?
        }
        other => {
            let got = other.type_name();
            return Err(Raised::argument(3, format!("table of fields and their limits expected, got {got}")));
        }
    };
    if find(world_of(call)?, &name).is_none() {
        ctx.charge(SEARCH_FUEL);
    }
    declare(world_of(call)?, name, fields, limits).map_err(Raised::message)?;
    call.ret0()
}

fn declare(world: &mut World, name: String, fields: LuaFields, limits: Limits) -> Result<(), String> {
    let mut letters = name.chars();
    let is_name = letters.next().is_some_and(|first| first.is_ascii_uppercase())
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    if !is_name {
        let rule = "a name is a capital letter, and then letters and digits, as in 'Health'";
        return Err(format!("'{name}' cannot be a component: {rule}"));
    }
    if let Some(known) = find(world, &name) {
        if !is_same_definition(&known.fields, &fields) {
            let (was, is) = (shown(&known.fields), shown(&fields));
            return Err(format!("the component '{name}' is defined already, as {was}, which is not {is}"));
        }
        if known.limits != limits {
            return Err(format!("the component '{name}' is defined already, with other limits"));
        }
        return Ok(());
    }
    let registry = world.get_resource::<AppTypeRegistry>().cloned();
    if let Some(path) = registry.as_ref().and_then(|registry| is_type(&registry.read(), &name)) {
        return Err(format!("'{name}' cannot be defined: it is the Rust type {path}; take another name"));
    }
    let components = world.get_resource_or_init::<LuaComponents>();
    let Some(slot) = SLOTS.get(components.kinds.len()) else {
        let (max, names) = (SLOTS.len(), components.names().collect::<Vec<_>>().join(", "));
        return Err(format!("'{name}' is one too many: scripts can define {max} components, and there are {names}"));
    };
    let id = (slot.reflect)().register_component(world);
    let declaration = Arc::new(Declaration { name, fields, limits, id, slot });
    world.get_resource_or_init::<LuaComponents>().kinds.push(Arc::clone(&declaration));
    let mut waiting = world.query_filtered::<Entity, (With<UndefinedComponents>, Allow<Disabled>)>();
    let mut waiting: Vec<Entity> = waiting.iter(world).collect();
    waiting.sort_unstable();
    for entity in waiting {
        place(world, entity, &declaration);
    }
    Ok(())
}

/// Whether two scripts define the same fields. An entity says the type alone: each script has another one at hand.
fn is_same_definition(a: &LuaFields, b: &LuaFields) -> bool {
    let is_same = |a: &LuaData, b: &LuaData| match (a, b) {
        (LuaData::Entity(_), LuaData::Entity(_)) => true,
        (LuaData::Number(a), LuaData::Number(b)) => a == b || a.is_nan() && b.is_nan(),
        _ => a == b,
    };
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && is_same(a.1, b.1))
}

// -- components from elsewhere -----------------------------------------------------------------------

/// Components that scripts define, which came with a scene before any script has defined them; by their names.
///
/// As soon as a script defines one, it becomes a component as any other. Fields that it has no more are dropped, and those
/// that are new to it have their defaults.
#[derive(Component, Reflect, Clone, Debug, Default, PartialEq)]
#[reflect(Component, Default, Clone, PartialEq)]
#[type_path = "deimos"]
#[component(on_insert = queue_placing, map_entities = map_undefined)]
pub struct UndefinedComponents(pub BTreeMap<String, LuaFields>);

fn map_undefined<M: EntityMapper>(components: &mut UndefinedComponents, mapper: &mut M) {
    components.0.values_mut().for_each(|fields| map_fields(fields, mapper));
}

/// A component of a kind that has another number in this run, or none yet, is put where it waits for its place.
fn check_place<const N: usize>(mut world: DeferredWorld<'_>, context: HookContext) {
    let Some(component) = world.get::<LuaComponent<N>>(context.entity) else { return };
    let Some(components) = world.get_resource::<LuaComponents>() else { return };
    if components.kinds.get(N).is_some_and(|kind| kind.is_kind_of(&component.name, &component.fields)) {
        return;
    }
    world.commands().entity(context.entity).queue_silenced(|mut entity: EntityWorldMut<'_>| {
        let Some(LuaComponent { name, fields }) = entity.take::<LuaComponent<N>>() else { return };
        let mut waiting = entity.take::<UndefinedComponents>().unwrap_or_default();
        waiting.0.insert(name, fields);
        entity.insert(waiting);
    });
}

fn queue_placing(world: DeferredWorld<'_>, context: HookContext) {
    if let Some(changes) = world.get_resource::<Changes>() {
        changes.push(Change::Undefined(context.entity));
    }
}

/// Gives an entity those of its waiting components that are defined.
pub(super) fn place_defined(world: &mut World, entity: Entity) {
    let Some(waiting) = world.get::<UndefinedComponents>(entity) else { return };
    let kinds: Vec<Arc<Declaration>> = waiting.0.keys().filter_map(|name| find(world, name)).collect();
    for kind in kinds {
        place(world, entity, &kind);
    }
}

/// Gives an entity the component of a kind that has been waiting on it.
fn place(world: &mut World, entity: Entity, kind: &Declaration) {
    let Ok(mut found) = world.get_entity_mut(entity) else { return };
    let Some(mut waiting) = found.get_mut::<UndefinedComponents>() else { return };
    let Some(loaded) = waiting.0.remove(&kind.name) else { return };
    if waiting.0.is_empty() {
        found.remove::<UndefinedComponents>();
    }
    let mut fields = kind.fields.clone();
    for (name, value) in loaded {
        if let Some(field) = fields.get_mut(&name)
            && let Ok(value) = field.fitted(value)
        {
            *field = value;
        }
    }
    (kind.slot.insert)(&mut found, kind.name.clone(), fields);
}

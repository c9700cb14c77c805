//! Events in scripts: `on`, `wait_for`, `entity:on`, `entity:send`, and where in Bevy they come from.
//!
//! One name can mean a Bevy event that an observer hears, a message that is read from its buffer, something that happens
//! to a component (`Add`, `Remove`, …), or an event that scripts send each other. Observers do nothing but queue a copy of
//! the event: the machine may be running at that very moment. They belong to the subscription, and go with its last
//! listener.

use std::rc::Rc;

use bevy::ecs::component::ComponentId;
use bevy::ecs::entity::Entity;
use bevy::ecs::lifecycle::{Add, Despawn, Discard, Insert, Remove};
use bevy::ecs::observer::{Observer, On};
use bevy::ecs::reflect::{AppTypeRegistry, ReflectComponent, ReflectEvent, ReflectMessage};
use bevy::ecs::world::World;
use bevy::reflect::{
    NamedField, PartialReflect, Reflect, ReflectRef, TypeInfo, TypeRegistration, TypeRegistry, UnnamedField,
};

use super::assets;
use super::behaviour::{Change, Changes};
use super::class::Class;
use super::entity::{as_entity, entity_value, world_of};
use super::environment::Shared;
use super::reflect;
use super::scheduler::{Buffer, EventName, HandlerId, Request, Source, SubscriptionId, Target, Topic, TopicName};
use super::task::place_of;
use super::wait::timeout;
use crate::api::{Action, Call, Context, Native, Raised, Table, TableError, Value};

/// How long the name of an event may be: it is kept as long as somebody listens.
const NAME_MAX: usize = 1024;

/// Adds `on` and `wait_for` to the globals, and what handles of handlers can do.
pub(super) fn install<'gc>(ctx: Context<'gc>, shared: &Rc<Shared>) -> Result<(), TableError> {
    let globals = ctx.globals();
    globals.set_field(ctx, "on", Value::Native(listener(ctx, "on", Subject::Own, shared)))?;
    globals.set_field(ctx, "wait_for", Value::Native(waiter(ctx, "wait_for", Subject::Own, shared)))?;

    let metatable = Class::Handler.install(ctx)?;
    let methods = Table::new(ctx);
    let to = Rc::clone(shared);
    let cancel = Native::new(ctx, "cancel", move |call| {
        let id = match call.arg(0) {
            Value::UserData(data) => data.downcast::<HandlerId>().copied(),
            _ => None,
        };
        let Some(id) = id else {
            return Err(Raised::argument(0, format!("handler expected, got {}", call.arg(0).type_name())));
        };
        to.ask(call, Request::Unhandle(id))
    });
    methods.set_field(ctx, "cancel", Value::Native(cancel))?;
    methods.freeze();
    metatable.set_field(ctx, "__index", Value::Table(methods))?;
    metatable.freeze();
    Ok(())
}

/// Adds `on`, `wait_for` and `send` to the methods of entities.
pub(super) fn add_entity_methods<'gc>(
    ctx: Context<'gc>,
    methods: Table<'gc>,
    shared: &Rc<Shared>,
) -> Result<(), TableError> {
    add_methods(ctx, methods, Subject::Entity, shared)
}

/// Adds `on`, `wait_for` and `send` to the methods of the world.
pub(super) fn add_world_methods<'gc>(
    ctx: Context<'gc>,
    methods: Table<'gc>,
    shared: &Rc<Shared>,
) -> Result<(), TableError> {
    add_methods(ctx, methods, Subject::World, shared)
}

fn add_methods<'gc>(
    ctx: Context<'gc>,
    methods: Table<'gc>,
    subject: Subject,
    shared: &Rc<Shared>,
) -> Result<(), TableError> {
    methods.set_field(ctx, "on", Value::Native(listener(ctx, "on", subject, shared)))?;
    methods.set_field(ctx, "wait_for", Value::Native(waiter(ctx, "wait_for", subject, shared)))?;
    let to = Rc::clone(shared);
    let send = Native::new(ctx, "send", move |call| {
        let target = subject.target(call, "send")?;
        let event = text(call, 1, "name of an event")?;
        call.leave_args(2);
        to.request(Request::Send { event: EventName { event, component: None, target } })
    });
    methods.set_field(ctx, "send", Value::Native(send))?;
    let trigger = Native::new(ctx, "trigger", move |call| trigger(call, subject));
    methods.set_field(ctx, "trigger", Value::Native(trigger))?;
    if subject == Subject::World {
        methods.set_field(ctx, "write", Value::Native(Native::new(ctx, "write", write_message)))?;
    }
    Ok(())
}

/// `world:trigger(event [, value])`, and `entity:trigger(event [, value])`, whose target is the entity: every observer
/// hears of it before the script goes on, and scripts after that.
fn trigger<'gc>(call: &mut Call<'_, 'gc>, subject: Subject) -> Result<Action<'gc>, Raised<'gc>> {
    let target = subject.target(call, "trigger")?;
    let name = text(call, 1, "name of an event")?;
    let ctx = call.ctx;
    let given = match call.arg(2) {
        Value::Nil => Value::Table(Table::new(ctx)),
        value => value,
    };
    let given = match (target, given) {
        (Target::Entity(entity), Value::Table(fields)) => with_target(ctx, fields, entity)?,
        (_, given) => given,
    };
    let world = world_of(call)?;
    let (value, types) = built(ctx, world, &name, given, "Event")?;
    let types = types.read();
    match types.get_type_data::<ReflectEvent>((*value).type_id()) {
        Some(event) => event.trigger(world, value.as_partial_reflect(), &types),
        None => return Err(Raised::message(format!("'{name}' is a message: use world:write(\"{name}\", {{…}})"))),
    }
    call.ret0()
}

/// An event's fields, and its target.
fn with_target<'gc>(ctx: Context<'gc>, fields: Table<'gc>, target: Entity) -> Result<Value<'gc>, TableError> {
    let copy = Table::new(ctx);
    let mut position = 0;
    while let Some((next, key, value)) = fields.next_from(ctx, position) {
        position = next;
        copy.set(ctx, key, value)?;
    }
    copy.set_field(ctx, "entity", entity_value(ctx, target))?;
    Ok(Value::Table(copy))
}

/// `world:write(message [, value])`
fn write_message<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let name = text(call, 1, "name of a message")?;
    let ctx = call.ctx;
    let given = match call.arg(2) {
        Value::Nil => Value::Table(Table::new(ctx)),
        value => value,
    };
    let world = world_of(call)?;
    let (value, types) = built(ctx, world, &name, given, "Message")?;
    let types = types.read();
    match types.get_type_data::<ReflectMessage>((*value).type_id()) {
        Some(message) => message.write_message(world, value.as_partial_reflect(), &types),
        None => return Err(Raised::message(format!("'{name}' is an event: use world:trigger(\"{name}\", {{…}})"))),
    }
    call.ret0()
}

/// An event or a message of this name, built from a Lua value.
fn built<'gc>(
    ctx: Context<'gc>,
    world: &World,
    name: &str,
    given: Value<'gc>,
    what: &str,
) -> Result<(Box<dyn Reflect>, AppTypeRegistry), Raised<'gc>> {
    let Some(registry) = world.get_resource::<AppTypeRegistry>().cloned() else {
        return Err(Raised::message("this world has no type registry, so events cannot be found by name"));
    };
    let typed = {
        let types = registry.read();
        let found = registration(&types, name).map_err(Raised::message)?;
        found.map(|found| (found.type_id(), Some(found.type_info())))
    };
    let Some(typed) = typed else {
        ctx.charge(reflect::SEARCH_FUEL);
        let types = registry.read();
        let hint = reflect::hint(ctx, name, &heard_names(&types));
        let why = format!("no type of that name with #[reflect({what})] is registered");
        return Err(Raised::message(format!(
            "unknown event '{name}'{}",
            if hint.is_empty() { format!(": {why}") } else { hint }
        )));
    };
    let value = reflect::Builder::new(ctx, world, name).build(typed, given, None).map_err(Raised::message)?;
    Ok((value, registry))
}

/// The names of all events and messages, in alphabetical order.
fn heard_names(types: &TypeRegistry) -> Vec<&'static str> {
    let mut names: Vec<&str> = types
        .iter()
        .filter(|known| known.data::<ReflectEvent>().is_some() || known.data::<ReflectMessage>().is_some())
        .map(|known| known.type_info().type_path_table().short_path())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// What the functions are called on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    /// Nothing: the script's own entity is meant.
    Own,
    /// An entity, their first argument.
    Entity,
    /// The world, their first argument.
    World,
}

impl Subject {
    fn target<'gc>(self, call: &Call<'_, 'gc>, method: &str) -> Result<Target, Raised<'gc>> {
        match self {
            Subject::Own => Ok(Target::Own),
            Subject::World => Ok(Target::Any),
            Subject::Entity => as_entity(call.arg(0)).map(Target::Entity).ok_or_else(|| {
                let got = call.arg(0).type_name();
                Raised::argument(0, format!("entity expected, got {got}; call it as entity:{method}(…)"))
            }),
        }
    }

    /// Where the arguments proper begin.
    fn first(self) -> usize {
        usize::from(self != Subject::Own)
    }
}

fn text<'gc>(call: &Call<'_, 'gc>, index: usize, what: &str) -> Result<String, Raised<'gc>> {
    match call.arg(index) {
        Value::String(text) if text.len() > NAME_MAX => {
            Err(Raised::argument(index, format!("{what} expected, of at most {NAME_MAX} bytes, got {}", text.len())))
        }
        Value::String(text) => Ok(text.to_text().into_owned()),
        other => Err(Raised::argument(index, format!("{what} expected, got {}", other.type_name()))),
    }
}

/// The event's name at `first`, the component's behind it if there is one, and where the rest begins.
fn event_name<'gc>(call: &Call<'_, 'gc>, first: usize, target: Target) -> Result<(EventName, usize), Raised<'gc>> {
    let event = text(call, first, "name of an event")?;
    let component = match call.arg(first + 1) {
        Value::String(_) => Some(text(call, first + 1, "name of a component")?),
        _ => None,
    };
    let rest = first + 1 + usize::from(component.is_some());
    Ok((EventName { event, component, target }, rest))
}

/// `on(event [, component], f)`
fn listener<'gc>(ctx: Context<'gc>, name: &'static str, subject: Subject, shared: &Rc<Shared>) -> Native<'gc> {
    let shared = Rc::clone(shared);
    Native::new(ctx, name, move |call| {
        let target = subject.target(call, name)?;
        let (event, rest) = event_name(call, subject.first(), target)?;
        let function = call.arg(rest);
        if !matches!(function, Value::Closure(_) | Value::Native(_)) {
            return Err(Raised::argument(rest, format!("function expected, got {}", function.type_name())));
        }
        let at = place_of(call);
        call.leave(&[function]);
        shared.request(Request::Handle { event, at })
    })
}

/// `wait_for(event [, component] [, timeout])`, `wait_for(asset [, timeout])`
fn waiter<'gc>(ctx: Context<'gc>, name: &'static str, subject: Subject, shared: &Rc<Shared>) -> Native<'gc> {
    let shared = Rc::clone(shared);
    Native::new(ctx, name, move |call| {
        if subject == Subject::Own && assets::as_handle(call.arg(0)).is_some() {
            return assets::wait(call, &shared);
        }
        let target = subject.target(call, name)?;
        let (event, rest) = event_name(call, subject.first(), target)?;
        let seconds = timeout(call, rest)?;
        call.leave(&[]);
        shared.request(Request::Listen { event, seconds })
    })
}

// -- where events come from --------------------------------------------------------------------------

/// How the events of a topic are to be heard.
pub(super) enum Plan {
    Scripts,
    Event(ReflectEvent),
    Lifecycle(Lifecycle, ComponentId),
    Messages(Box<str>),
}

/// What can happen to a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lifecycle {
    Add,
    Insert,
    Discard,
    Remove,
    Despawn,
}

impl Lifecycle {
    fn named(name: &str) -> Option<Lifecycle> {
        Some(match name {
            "Add" => Lifecycle::Add,
            "Insert" => Lifecycle::Insert,
            "Discard" => Lifecycle::Discard,
            "Remove" => Lifecycle::Remove,
            "Despawn" => Lifecycle::Despawn,
            _ => return None,
        })
    }
}

/// What a script's name for an event means to the task of an entity.
///
/// # Errors
/// If it means several things, or something that cannot be listened to; the message says what to do.
pub(super) fn resolve(world: &mut World, name: &EventName, own: Option<Entity>) -> Result<(Topic, Plan), String> {
    let event = name.event.as_str();
    if let Some(component) = &name.component {
        let Some(lifecycle) = Lifecycle::named(event) else {
            return Err(format!(
                "'{event}' does not happen to components; those that do are Add, Insert, Discard, Remove and Despawn"
            ));
        };
        let id = reflect::resolve(world, component)?.component.id;
        let topic = topic(name, own, true);
        return Ok((topic, Plan::Lifecycle(lifecycle, id)));
    }
    let Some(registry) = world.get_resource::<AppTypeRegistry>().cloned() else {
        return Ok((topic(name, own, true), Plan::Scripts));
    };
    let types = registry.read();
    let Some(registration) = registration(&types, event)? else {
        if Lifecycle::named(event).is_some() {
            return Err(format!("'{event}' happens to a component: name it, as in on(\"{event}\", \"Health\", f)"));
        }
        return Ok((topic(name, own, true), Plan::Scripts));
    };
    if let Some(reflect) = registration.data::<ReflectEvent>() {
        let happens_to_entity = has_target(registration.type_info());
        return Ok((topic(name, own, happens_to_entity), Plan::Event(reflect.clone())));
    }
    if let Target::Entity(_) = name.target {
        return Err(format!("'{event}' is a message, which is sent to nobody in particular: use on(\"{event}\", f)"));
    }
    let path = registration.type_info().type_path();
    let buffer = format!("bevy_ecs::message::messages::Messages<{path}>");
    if types.get_with_type_path(&buffer).is_none() {
        return Err(format!(
            "cannot listen to the message '{event}', because its buffer is not reflected: call \
             app.register_type::<Messages<{event}>>() in Rust"
        ));
    }
    Ok((topic(name, own, false), Plan::Messages(buffer.into())))
}

fn topic(name: &EventName, own: Option<Entity>, happens_to_entity: bool) -> Topic {
    let target = match name.target {
        Target::Own if happens_to_entity => own,
        Target::Own | Target::Any => None,
        Target::Entity(entity) => Some(entity),
    };
    let component = name.component.as_deref().map(Into::into);
    Topic { name: TopicName { event: name.event.as_str().into(), component }, target }
}

/// The type of event or message that a script names, if it is one.
fn registration<'a>(types: &'a TypeRegistry, name: &str) -> Result<Option<&'a TypeRegistration>, String> {
    let is_heard = |registration: &&TypeRegistration| {
        registration.data::<ReflectEvent>().is_some() || registration.data::<ReflectMessage>().is_some()
    };
    if types.is_ambiguous(name) {
        let all = types.iter().filter(|known| known.type_info().type_path_table().short_path() == name);
        let mut paths: Vec<&TypeRegistration> = all.filter(is_heard).collect();
        paths.sort_unstable_by_key(|known| known.type_info().type_path());
        return match paths.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            _ => {
                let paths: Vec<&str> = paths.iter().map(|known| known.type_info().type_path()).collect();
                Err(format!("'{name}' is ambiguous: write \"{}\"", paths.join("\" or \"")))
            }
        };
    }
    Ok(types.get_with_short_type_path(name).or_else(|| types.get_with_type_path(name)).filter(is_heard))
}

/// Whether events of a type happen to an entity: Bevy finds it in the field `entity`, or in the only one of a tuple.
fn has_target(info: &TypeInfo) -> bool {
    match info {
        TypeInfo::Struct(info) => info.field("entity").is_some_and(NamedField::is::<Entity>),
        TypeInfo::TupleStruct(info) => {
            info.field_len() == 1 && info.field_at(0).is_some_and(UnnamedField::is::<Entity>)
        }
        _ => false,
    }
}

/// Makes the source of a subscription's events.
///
/// # Errors
/// If the entity to be observed is gone.
pub(super) fn open(
    world: &mut World,
    changes: &Changes,
    plan: Plan,
    target: Option<Entity>,
    id: SubscriptionId,
) -> Result<Source, String> {
    if let Some(target) = target
        && world.get_entity(target).is_err()
    {
        return Err(format!("entity {target} is gone"));
    }
    let mut observer = match plan {
        Plan::Scripts => return Ok(Source::Scripts),
        Plan::Messages(type_path) => {
            let read = read_messages(world, &type_path, usize::MAX, |_| {});
            return Ok(Source::Messages(Box::new(Buffer { type_path, read })));
        }
        Plan::Event(reflect) => {
            let changes = changes.clone();
            reflect.create_observer(Box::new(move |event, _| {
                changes.push(Change::Event { subscription: id, value: reflect::copy_of(event.as_partial_reflect()) });
            }))
        }
        Plan::Lifecycle(lifecycle, component) => observer_of(lifecycle, changes.clone(), id).with_component(component),
    };
    if let Some(target) = target {
        observer.watch_entity(target);
    }
    Ok(Source::Observer(world.spawn(observer).id()))
}

fn observer_of(lifecycle: Lifecycle, changes: Changes, id: SubscriptionId) -> Observer {
    let happen = move |entity| changes.push(Change::Lifecycle { subscription: id, entity });
    match lifecycle {
        Lifecycle::Add => Observer::new(move |on: On<'_, '_, Add>| happen(on.entity)),
        Lifecycle::Insert => Observer::new(move |on: On<'_, '_, Insert>| happen(on.entity)),
        Lifecycle::Discard => Observer::new(move |on: On<'_, '_, Discard>| happen(on.entity)),
        Lifecycle::Remove => Observer::new(move |on: On<'_, '_, Remove>| happen(on.entity)),
        Lifecycle::Despawn => Observer::new(move |on: On<'_, '_, Despawn>| happen(on.entity)),
    }
}

/// What a handler is given when something happens to a component.
pub(super) fn lifecycle_value<'gc>(ctx: Context<'gc>, entity: Entity) -> Result<Value<'gc>, TableError> {
    let table = Table::with_capacity(ctx, 0, 1);
    table.set_field(ctx, "entity", entity_value(ctx, entity))?;
    Ok(Value::Table(table))
}

/// Shows the messages of a buffer from number `from` on, as copies. The number of the next.
pub(super) fn read_messages(
    world: &World,
    buffer: &str,
    from: usize,
    mut show: impl FnMut(Box<dyn PartialReflect>),
) -> usize {
    let Some(buffer) = message_buffer(world, buffer) else { return from };
    let ReflectRef::Struct(buffer) = buffer.reflect_ref() else { return from };
    let number =
        |value: Option<&dyn PartialReflect>| value.and_then(|value| value.try_downcast_ref::<usize>()).copied();
    for half in ["messages_a", "messages_b"] {
        let Some(ReflectRef::Struct(half)) = buffer.field(half).map(PartialReflect::reflect_ref) else { continue };
        let start = number(half.field("start_message_count")).unwrap_or_default();
        let Some(ReflectRef::List(messages)) = half.field("messages").map(PartialReflect::reflect_ref) else {
            continue;
        };
        for (_, message) in (start..).zip(messages.iter()).filter(|(number, _)| *number >= from) {
            if let ReflectRef::Struct(message) = message.reflect_ref()
                && let Some(message) = message.field("message")
            {
                show(reflect::copy_of(message));
            }
        }
    }
    number(buffer.field("message_count")).unwrap_or(from)
}

fn message_buffer<'a>(world: &'a World, type_path: &str) -> Option<&'a dyn Reflect> {
    let registry = world.get_resource::<AppTypeRegistry>()?.clone();
    let types = registry.read();
    let registration = types.get_with_type_path(type_path)?;
    let component = world.components().get_id(registration.type_id())?;
    let entity = world.get_entity(world.resource_entities().get(component)?).ok()?;
    registration.data::<ReflectComponent>()?.reflect(entity)
}

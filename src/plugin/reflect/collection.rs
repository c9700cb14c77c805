//! What references can do besides fields: `copy`, `set`, and the ways of lists, maps and sets.
//!
//! `pairs` and `ipairs` go over what is there; a loop may change what it goes over, and then sees what is there when it
//! comes by.

use bevy::ecs::world::World;
use bevy::reflect::list::List;
use bevy::reflect::{PartialReflect, Reflect, ReflectMut, ReflectRef};

use super::from_lua::{BYTES_OF_WEIGHT, Builder, copy_of, weight};
use super::place::{Kind, Typed};
use super::reference::{Reference, length_of, read, this, write};
use super::to_lua::{ELEMENTS_MAX, to_lua};
use crate::api::{Action, Call, Context, Native, Raised, Table, TableError, Value};
use crate::plugin::entity::world_of;

/// The methods of references.
pub(super) fn methods<'gc>(ctx: Context<'gc>) -> Result<Table<'gc>, TableError> {
    let methods = Table::new(ctx);
    methods.set_field(ctx, "copy", Value::Native(Native::new(ctx, "copy", copy)))?;
    methods.set_field(ctx, "set", Value::Native(Native::new(ctx, "set", set)))?;
    methods.set_field(ctx, "variant", Value::Native(Native::new(ctx, "variant", variant)))?;
    methods.set_field(ctx, "push", Value::Native(Native::new(ctx, "push", push)))?;
    methods.set_field(ctx, "pop", Value::Native(Native::new(ctx, "pop", pop)))?;
    methods.set_field(ctx, "insert", Value::Native(Native::new(ctx, "insert", insert)))?;
    methods.set_field(ctx, "remove", Value::Native(Native::new(ctx, "remove", remove)))?;
    methods.set_field(ctx, "clear", Value::Native(Native::new(ctx, "clear", clear)))?;
    methods.freeze();
    Ok(methods)
}

/// Adds to the metatable of references what is not indexing.
pub(super) fn fill<'gc>(ctx: Context<'gc>, metatable: Table<'gc>) -> Result<(), TableError> {
    metatable.set_field(ctx, "__len", Value::Native(Native::new(ctx, "len", length)))?;
    metatable.set_field(ctx, "__pairs", Value::Native(Native::new(ctx, "pairs", pairs)))
}

/// `reference:copy()`: a plain Lua value that has nothing more to do with the world.
fn copy<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (_, reference) = &this(call)?;
    let ctx = call.ctx;
    let world: &World = world_of(call)?;
    let copied = match reference.place.kind {
        // Of a variant, what is in it.
        Kind::Variant(info) => reference.look(world, |value| to_lua(ctx, world, value))?.map(|value| match value {
            Value::Table(table) => table.get(ctx, ctx.text(info.name())),
            other => other,
        }),
        _ => reference.look(world, |value| to_lua(ctx, world, value))?,
    }?;
    if copied.is_nil() && matches!(reference.place.kind, Kind::Closed(_)) {
        let text = reference.text();
        return Err(Raised::message(format!("cannot copy '{text}': its Rust type needs #[reflect(Clone)]")));
    }
    call.ret1(copied)
}

/// `reference:set{…}`: what the table does not say stays as it is.
fn set<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (_, reference) = &this(call)?;
    let value = call.arg(1);
    write(call, reference, value)?;
    let this = call.arg(0);
    call.ret1(this)
}

/// `reference:variant()`: the name of the variant that is there.
fn variant<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (_, reference) = &this(call)?;
    let ctx = call.ctx;
    let name = reference.look(world_of(call)?, |value| match value.reflect_ref() {
        ReflectRef::Enum(value) => ctx.text(value.variant_name()),
        _ => Value::Nil,
    })?;
    call.ret1(name)
}

fn length<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (_, reference) = &this(call)?;
    let length = length_of(world_of(call)?, reference)?;
    call.ret1(Value::Integer(i64::try_from(length).unwrap_or(i64::MAX)))
}

// -- lists -------------------------------------------------------------------------------------------

fn no_list<'gc>(reference: &Reference, method: &str) -> Raised<'gc> {
    Raised::message(format!("cannot {method} in '{}', which is no list that can grow and shrink", reference.text()))
}

fn item_type<'gc>(reference: &Reference, method: &str) -> Result<Typed, Raised<'gc>> {
    match reference.place.kind {
        Kind::List { is_fixed: false } => {
            reference.at(0).map(|item| item.place.typed).ok_or_else(|| no_list(reference, method))
        }
        _ => Err(no_list(reference, method)),
    }
}

/// Inserts an item into a list, at a position from 0 on that is not behind its end.
pub(super) fn insert_at<'gc>(
    call: &mut Call<'_, 'gc>,
    reference: &Reference,
    index: usize,
    value: Value<'gc>,
) -> Result<(), Raised<'gc>> {
    let typed = item_type(reference, "insert")?;
    let ctx = call.ctx;
    let world = world_of(call)?;
    let item = reference.at(index).ok_or_else(|| no_list(reference, "insert"))?;
    let mut builder = Builder::at_reference(ctx, world, &item);
    let built = builder.parts(typed, value, None).map_err(Raised::message)?;
    let bytes = builder.bytes();
    // Rust's memory has no limit of its own here.
    ctx.ledger().check(length_of(world, reference)?.saturating_mul(64))?;
    reference.note_item(ctx, world, bytes)?;
    reference.change(world, |target| match target.reflect_mut() {
        ReflectMut::List(list) if index <= list.len() => {
            charge_move(ctx, &*list, index);
            list.insert(index, built);
            Ok(true)
        }
        _ => Err("it is no list any more".to_owned()),
    })
}

/// Pays for the items behind a position, which move to make room or to close a gap.
fn charge_move(ctx: Context<'_>, list: &dyn List, index: usize) {
    let bytes = list.get(index).map_or(0, |item| size_of_val(item) * (list.len() - index));
    ctx.charge(u32::try_from(bytes / 32).unwrap_or(u32::MAX));
}

/// Removes the item of a list at a position from 0 on. A copy of it.
pub(super) fn remove_at<'gc>(
    call: &mut Call<'_, 'gc>,
    reference: &Reference,
    index: usize,
) -> Result<Value<'gc>, Raised<'gc>> {
    item_type(reference, "remove")?;
    let ctx = call.ctx;
    let world = world_of(call)?;
    let mut removed = None;
    reference.change(world, |target| match target.reflect_mut() {
        ReflectMut::List(list) if index < list.len() => {
            charge_move(ctx, &*list, index);
            removed = Some(list.remove(index));
            Ok(true)
        }
        _ => Ok(false),
    })?;
    match removed {
        Some(value) => to_lua(ctx, world, &*value),
        None => Ok(Value::Nil),
    }
}

fn push<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (_, reference) = &this(call)?;
    let length = length_of(world_of(call)?, reference)?;
    let value = call.arg(1);
    insert_at(call, reference, length, value)?;
    call.ret0()
}

fn pop<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (_, reference) = &this(call)?;
    item_type(reference, "pop")?;
    match length_of(world_of(call)?, reference)?.checked_sub(1) {
        Some(last) => {
            let value = remove_at(call, reference, last)?;
            call.ret1(value)
        }
        None => call.ret1(Value::Nil),
    }
}

/// A position in a list, as an argument; from 0 on.
fn position<'gc>(call: &mut Call<'_, 'gc>, reference: &Reference, room: usize) -> Result<usize, Raised<'gc>> {
    let length = length_of(world_of(call)?, reference)?;
    match call.arg(1) {
        Value::Integer(position) => usize::try_from(position)
            .ok()
            .and_then(|position| position.checked_sub(1))
            .filter(|index| *index < length + room)
            .ok_or_else(|| {
                Raised::argument(1, format!("position {position} is out of bounds: there are {length} values"))
            }),
        other => Err(Raised::argument(1, format!("position expected, got {}", other.type_name()))),
    }
}

/// `list:insert(position, value)`, `set:insert(value)`
fn insert<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (_, reference) = &this(call)?;
    if let Kind::Set(typed) = reference.place.kind {
        let value = call.arg(1);
        let key = key(call, reference, typed, value)?;
        set_key(call, reference, key, Value::Boolean(true))?;
        return call.ret0();
    }
    item_type(reference, "insert")?;
    let index = position(call, reference, 1)?;
    let value = call.arg(2);
    insert_at(call, reference, index, value)?;
    call.ret0()
}

/// `list:remove(position)`: returns what was there; `map:remove(key)`, `set:remove(value)`
fn remove<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (_, reference) = &this(call)?;
    if let Kind::Set(typed) | Kind::Map(typed) = reference.place.kind {
        let value = call.arg(1);
        let key = key(call, reference, typed, value)?;
        set_key(call, reference, key, Value::Nil)?;
        return call.ret0();
    }
    item_type(reference, "remove")?;
    let index = position(call, reference, 0)?;
    let value = remove_at(call, reference, index)?;
    call.ret1(value)
}

fn clear<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (_, reference) = &this(call)?;
    let is_declared = matches!(reference.place.kind, Kind::Declared);
    reference.change(world_of(call)?, |target| match target.reflect_mut() {
        _ if is_declared => Err("a component keeps its fields".to_owned()),
        ReflectMut::List(list) => Ok(!list.drain().is_empty()),
        ReflectMut::Map(map) => Ok(!map.drain().is_empty()),
        ReflectMut::Set(set) => Ok(!set.drain().is_empty()),
        _ => Err("only lists, maps and sets can be cleared".to_owned()),
    })?;
    call.ret0()
}

// -- maps and sets -----------------------------------------------------------------------------------

fn key<'gc>(
    call: &mut Call<'_, 'gc>,
    reference: &Reference,
    typed: Typed,
    value: Value<'gc>,
) -> Result<Box<dyn Reflect>, Raised<'gc>> {
    let ctx = call.ctx;
    let name = format!("{}[…]", reference.text());
    Builder::new(ctx, world_of(call)?, name).build(typed, value, None).map_err(Raised::message)
}

/// `map[key] = value` and `set[key] = true`; nil, and `false` for a set, removes.
pub(super) fn set_key<'gc>(
    call: &mut Call<'_, 'gc>,
    reference: &Reference,
    key: Box<dyn Reflect>,
    value: Value<'gc>,
) -> Result<(), Raised<'gc>> {
    let is_set = matches!(reference.place.kind, Kind::Set(_));
    if value.is_nil() || (is_set && !value.is_truthy()) {
        return reference.change(world_of(call)?, |target| match target.reflect_mut() {
            ReflectMut::Map(map) => Ok(map.remove(key.as_partial_reflect()).is_some()),
            ReflectMut::Set(set) => Ok(set.remove(key.as_partial_reflect())),
            _ => Ok(false),
        });
    }
    if is_set {
        let bytes = weight(key.as_partial_reflect()).saturating_mul(BYTES_OF_WEIGHT);
        reference.note_item(call.ctx, world_of(call)?, bytes)?;
        return reference.change(world_of(call)?, |target| match target.reflect_mut() {
            ReflectMut::Set(set) if !set.contains(key.as_partial_reflect()) => {
                Ok(set.insert_boxed(key.into_partial_reflect()))
            }
            _ => Ok(false),
        });
    }
    let Some(item) = reference.value(key.as_partial_reflect()) else { return Ok(()) };
    let ctx = call.ctx;
    let world = world_of(call)?;
    let has = reference.look(world, |value| match value.reflect_ref() {
        ReflectRef::Map(map) => map.get(key.as_partial_reflect()).is_some(),
        _ => false,
    })?;
    if has {
        return write(call, &item, value);
    }
    let mut builder = Builder::at_reference(ctx, world, &item);
    let built = builder.parts(item.place.typed, value, None).map_err(Raised::message)?;
    let bytes = builder.bytes() + weight(key.as_partial_reflect()).saturating_mul(BYTES_OF_WEIGHT);
    ctx.ledger().check(length_of(world, reference)?.saturating_mul(128))?;
    reference.note_item(ctx, world, bytes)?;
    reference.change(world, |target| match target.reflect_mut() {
        ReflectMut::Map(map) => {
            map.insert_boxed(key.into_partial_reflect(), built);
            Ok(true)
        }
        _ => Ok(false),
    })
}

// -- loops -------------------------------------------------------------------------------------------

/// `pairs(reference)`: fields by name, items by position, the keys of a map in their order.
fn pairs<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (_, reference) = &this(call)?;
    let ctx = call.ctx;
    let keys = match reference.place.kind {
        // Positions need no list.
        Kind::List { .. } => Value::Nil,
        _ => {
            let world: &World = world_of(call)?;
            let count = length_of(world, reference)?;
            if count > ELEMENTS_MAX {
                let text = reference.text();
                let why = format!("'{text}' holds more than {ELEMENTS_MAX} values: look them up by their keys");
                return Err(Raised::message(why));
            }
            let keys = reference.look(world, |value| keys_of(ctx, world, value))??;
            call.charge(count);
            Value::Table(keys)
        }
    };
    let next = Native::with_upvalues(ctx, "next", &[keys, Value::Integer(0)], step);
    let this = call.arg(0);
    call.ret(&[Value::Native(next), this, Value::Nil])
}

fn keys_of<'gc>(ctx: Context<'gc>, world: &World, value: &dyn PartialReflect) -> Result<Table<'gc>, Raised<'gc>> {
    let keys = Table::new(ctx);
    let add = |index: usize, key: Value<'gc>| keys.set_integer(ctx, i64::try_from(index + 1).unwrap_or(i64::MAX), key);
    let count = |index: usize| Value::Integer(i64::try_from(index + 1).unwrap_or(i64::MAX));
    match value.reflect_ref() {
        ReflectRef::Struct(fields) => {
            for (index, (name, _)) in fields.iter_fields().enumerate() {
                add(index, ctx.text(name))?;
            }
        }
        ReflectRef::Enum(value) => {
            for index in 0..value.field_len() {
                add(index, value.name_at(index).map_or_else(|| count(index), |name| ctx.text(name)))?;
            }
        }
        ReflectRef::Map(map) => {
            let copies: Vec<_> = map.iter().map(|(key, _)| copy_of(key)).collect();
            let set = copies.into_iter().collect::<bevy::reflect::list::DynamicList>();
            if let Value::Table(list) = to_lua(ctx, world, &set)? {
                sort_into(ctx, list, keys)?;
            }
        }
        ReflectRef::Set(_) => {
            if let Value::Table(list) = to_lua(ctx, world, value)? {
                return Ok(list);
            }
        }
        ReflectRef::TupleStruct(fields) => {
            for index in 0..fields.field_len() {
                add(index, count(index))?;
            }
        }
        ReflectRef::Tuple(fields) => {
            for index in 0..fields.field_len() {
                add(index, count(index))?;
            }
        }
        _ => {}
    }
    Ok(keys)
}

fn sort_into<'gc>(ctx: Context<'gc>, list: Table<'gc>, keys: Table<'gc>) -> Result<(), Raised<'gc>> {
    let mut values: Vec<Value<'gc>> = (1..=list.len()).map(|index| list.get_integer(ctx, index)).collect();
    values.sort_by(|a, b| super::to_lua::order(ctx, *a, *b));
    for (index, value) in (1..).zip(values) {
        keys.set_integer(ctx, index, value)?;
    }
    Ok(())
}

/// The next key and its value, of those that are still there.
fn step<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (_, reference) = &this(call)?;
    let Value::Integer(mut at) = call.upvalue(1) else { return call.ret0() };
    let length = length_of(world_of(call)?, reference)?;
    loop {
        at += 1;
        let key = match call.upvalue(0) {
            Value::Table(keys) => keys.get_integer(call.ctx, at),
            _ if usize::try_from(at).is_ok_and(|at| at > length) => Value::Nil,
            _ => Value::Integer(at),
        };
        if let Some(native) = call.callee() {
            native.set_upvalue(call.ctx, 1, Value::Integer(at));
        }
        if key.is_nil() {
            return call.ret1(Value::Nil);
        }
        call.charge(1);
        let part = match (reference.place.kind, key) {
            (Kind::Set(_), _) => return call.ret(&[key, Value::Boolean(true)]),
            (Kind::List { .. }, Value::Integer(position)) => {
                let index = position.checked_sub(1).and_then(|index| usize::try_from(index).ok()).unwrap_or(usize::MAX);
                let length = length_of(world_of(call)?, reference)?;
                reference.at(index).filter(|_| index < length)
            }
            (Kind::Map(typed), _) => {
                let key = self::key(call, reference, typed, key)?;
                let has = reference.look(world_of(call)?, |value| match value.reflect_ref() {
                    ReflectRef::Map(map) => map.get(key.as_partial_reflect()).is_some(),
                    _ => false,
                })?;
                reference.value(key.as_partial_reflect()).filter(|_| has)
            }
            (_, Value::String(name)) => reference.field(name.as_bytes()),
            (_, Value::Integer(position)) => reference.field(position.to_string().as_bytes()),
            _ => None,
        };
        let Some(part) = part else { continue };
        let value = read(call, part)?;
        if !value.is_nil() {
            return call.ret(&[key, value]);
        }
    }
}

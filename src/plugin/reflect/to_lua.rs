//! Copies of Rust values in Lua: tables, strings, numbers, and values of their own kinds.
//!
//! A struct becomes a table with its fields, a tuple, list, array or set a list, a map a table or, where its keys are
//! nothing that Lua can look up, a list of pairs. A variant without fields is its name, another a table with the name as
//! its only key. What cannot be looked into is kept whole, to be given back.

use std::cmp::Ordering;

use bevy::asset::ReflectHandle;
use bevy::ecs::reflect::AppTypeRegistry;
use bevy::ecs::world::World;
use bevy::reflect::enums::{Enum, VariantType};
use bevy::reflect::{PartialReflect, Reflect, ReflectRef, TypeRegistry, TypeRegistryArc};

use super::leaf::{Leaf, read_leaf};
use crate::api::{Context, Raised, Table, TableError, UserData, Value};
use crate::plugin::assets;
use crate::plugin::class::Class;
use crate::plugin::data::LuaData;
use crate::plugin::values;

/// How deep a value may be nested.
pub(super) const DEPTH_MAX: u32 = 64;

/// How many values one may hold in all: a copy is made in one go, and must not be felt.
pub(super) const ELEMENTS_MAX: usize = 100_000;

/// A copy of a Rust value.
///
/// # Errors
/// If the value is nested too deeply, holds too many values, or there is no memory for the copy.
pub(in crate::plugin) fn to_lua<'gc>(
    ctx: Context<'gc>,
    world: &World,
    value: &dyn PartialReflect,
) -> Result<Value<'gc>, Raised<'gc>> {
    copied(ctx, world.get_resource::<AppTypeRegistry>().map(|types| &types.0), value)
}

/// The name in the machine's registry of the world's types.
const TYPES: &str = "deimos.types";

/// Lets [`to_lua_here`] find the types of a world.
pub(in crate::plugin) fn keep_types(ctx: Context<'_>, types: &AppTypeRegistry) -> Result<(), TableError> {
    let types = UserData::new(ctx, types.0.clone(), None);
    ctx.registry().set_field(ctx, TYPES, Value::UserData(types))
}

/// As [`to_lua`], where the world is out of reach.
///
/// # Errors
/// As [`to_lua`].
pub(in crate::plugin) fn to_lua_here<'gc>(
    ctx: Context<'gc>,
    value: &dyn PartialReflect,
) -> Result<Value<'gc>, Raised<'gc>> {
    let types = match ctx.registry().get(ctx, ctx.text(TYPES)) {
        Value::UserData(types) => types.downcast::<TypeRegistryArc>(),
        _ => None,
    };
    copied(ctx, types, value)
}

fn copied<'gc>(
    ctx: Context<'gc>,
    registry: Option<&TypeRegistryArc>,
    value: &dyn PartialReflect,
) -> Result<Value<'gc>, Raised<'gc>> {
    let types = registry.map(TypeRegistryArc::read);
    let mut copier = Copier { ctx, types: types.as_deref(), elements: 0 };
    let copy = copier.copy(value, 0);
    ctx.charge(u32::try_from(copier.elements).unwrap_or(u32::MAX));
    copy
}

struct Copier<'a, 'gc> {
    ctx: Context<'gc>,
    types: Option<&'a TypeRegistry>,
    elements: usize,
}

impl<'gc> Copier<'_, 'gc> {
    fn copy(&mut self, value: &dyn PartialReflect, depth: u32) -> Result<Value<'gc>, Raised<'gc>> {
        self.elements += 1;
        if depth > DEPTH_MAX {
            return Err(Raised::message(format!("a value is nested more than {DEPTH_MAX} levels deep")));
        }
        if self.elements > ELEMENTS_MAX {
            return Err(Raised::message(format!("a value holds more than {ELEMENTS_MAX} others: copy parts of it")));
        }
        if let Some(whole) = value.try_as_reflect() {
            if let Some(leaf) = Leaf::of((*whole).type_id()) {
                let read = read_leaf(self.ctx, leaf, value);
                return read.ok_or_else(|| Raised::message(format!("{value:?} does not fit into a Lua integer")));
            }
            // Data is what it holds.
            if whole.is::<LuaData>()
                && let ReflectRef::Enum(data) = value.reflect_ref()
                && let Some(inner) = data.field_at(0)
            {
                return self.copy(inner, depth);
            }
            if let Some(value) = values::to_lua(self.ctx, value) {
                return Ok(value);
            }
            if let Some(handle) = self.handle(whole) {
                return Ok(handle);
            }
        }
        match value.reflect_ref() {
            ReflectRef::Struct(fields) => {
                let table = Table::with_capacity(self.ctx, 0, fields.field_len());
                for (name, field) in fields.iter_fields() {
                    let field = self.copy(field, depth + 1)?;
                    table.set_field(self.ctx, name, field)?;
                }
                Ok(Value::Table(table))
            }
            ReflectRef::TupleStruct(fields) => self.list(fields.iter_fields(), depth),
            ReflectRef::Tuple(fields) => self.list(fields.iter_fields(), depth),
            ReflectRef::List(items) => self.list(items.iter(), depth),
            ReflectRef::Array(items) => self.list(items.iter(), depth),
            ReflectRef::Set(items) => {
                let mut copies = items.iter().map(|item| self.copy(item, depth + 1)).collect::<Result<Vec<_>, _>>()?;
                copies.sort_by(|a, b| order(self.ctx, *a, *b));
                self.values(&copies)
            }
            ReflectRef::Map(map) => {
                let mut pairs = Vec::with_capacity(map.len().min(ELEMENTS_MAX));
                for (key, value) in map.iter() {
                    pairs.push((self.copy(key, depth + 1)?, self.copy(value, depth + 1)?));
                }
                self.map(pairs)
            }
            ReflectRef::Enum(value) => self.variant(value, depth),
            ReflectRef::Opaque(value) => self.opaque(value),
        }
    }

    fn list<'v>(
        &mut self,
        items: impl Iterator<Item = &'v dyn PartialReflect>,
        depth: u32,
    ) -> Result<Value<'gc>, Raised<'gc>> {
        let copies = items.map(|item| self.copy(item, depth + 1)).collect::<Result<Vec<_>, _>>()?;
        self.values(&copies)
    }

    /// A list; with its length in `n`, where some of it is nil.
    fn values(&self, values: &[Value<'gc>]) -> Result<Value<'gc>, Raised<'gc>> {
        let list = Table::with_capacity(self.ctx, values.len(), 0);
        for (index, value) in (1..).zip(values) {
            list.set_integer(self.ctx, index, *value)?;
        }
        if values.iter().any(Value::is_nil) {
            let count = i64::try_from(values.len()).unwrap_or(i64::MAX);
            list.set_field(self.ctx, "n", Value::Integer(count))?;
        }
        Ok(Value::Table(list))
    }

    fn map(&self, mut pairs: Vec<(Value<'gc>, Value<'gc>)>) -> Result<Value<'gc>, Raised<'gc>> {
        pairs.sort_by(|(a, _), (b, _)| order(self.ctx, *a, *b));
        let are_keys_plain =
            pairs.iter().all(|(key, _)| matches!(key, Value::String(_) | Value::Integer(_) | Value::Boolean(_)));
        let table = Table::new(self.ctx);
        for (index, (key, value)) in (1..).zip(pairs) {
            if are_keys_plain {
                table.set(self.ctx, key, value)?;
            } else {
                let pair = self.values(&[key, value])?;
                table.set_integer(self.ctx, index, pair)?;
            }
        }
        Ok(Value::Table(table))
    }

    fn variant(&mut self, value: &dyn Enum, depth: u32) -> Result<Value<'gc>, Raised<'gc>> {
        let name = value.variant_name();
        if is_option(value) {
            return match value.field_at(0) {
                Some(inner) => self.copy(inner, depth + 1),
                None => Ok(Value::Nil),
            };
        }
        let content = match value.variant_type() {
            VariantType::Unit => return Ok(self.ctx.text(name)),
            VariantType::Tuple => match (value.field_len(), value.field_at(0)) {
                (1, Some(only)) => self.copy(only, depth + 1)?,
                _ => self.list(value.iter_fields().map(|field| field.value()), depth)?,
            },
            VariantType::Struct => {
                let table = Table::new(self.ctx);
                for index in 0..value.field_len() {
                    if let (Some(name), Some(field)) = (value.name_at(index), value.field_at(index)) {
                        let field = self.copy(field, depth + 1)?;
                        table.set_field(self.ctx, name, field)?;
                    }
                }
                Value::Table(table)
            }
        };
        let table = Table::new(self.ctx);
        table.set_field(self.ctx, name, content)?;
        Ok(Value::Table(table))
    }

    /// An asset's handle.
    fn handle(&self, value: &dyn Reflect) -> Option<Value<'gc>> {
        let handle = self.types?.get_type_data::<ReflectHandle>((*value).type_id())?;
        let handle = handle.downcast_handle_untyped(value.as_any())?;
        Some(assets::value(self.ctx, handle))
    }

    /// A value that is kept whole; nil if it cannot be copied.
    fn opaque(&self, value: &dyn PartialReflect) -> Result<Value<'gc>, Raised<'gc>> {
        Ok(match value.reflect_clone() {
            Ok(copy) => Value::UserData(Class::Opaque.wrap(self.ctx, Opaque(copy))),
            Err(_) => Value::Nil,
        })
    }
}

/// A Rust value that scripts can only pass on.
pub(super) struct Opaque(pub(super) Box<dyn Reflect>);

/// Whether an enum is an `Option`.
pub(super) fn is_option(value: &dyn Enum) -> bool {
    value.get_represented_type_info().is_some_and(|info| info.type_path().starts_with("core::option::Option<"))
}

/// An order of copies that does not depend on hashes: by kind, then by value; of tables by what they hold, in its order; of
/// what scripts cannot look into by its text in Rust.
pub(super) fn order<'gc>(ctx: Context<'gc>, a: Value<'gc>, b: Value<'gc>) -> Ordering {
    fn rank(value: Value<'_>) -> u8 {
        match value {
            Value::Nil => 0,
            Value::Boolean(_) => 1,
            Value::Integer(_) => 2,
            Value::Float(_) => 3,
            Value::String(_) => 4,
            Value::UserData(_) => 5,
            _ => 6,
        }
    }
    match (a, b) {
        (Value::Integer(a), Value::Integer(b)) => a.cmp(&b),
        (Value::Float(a), Value::Float(b)) => a.total_cmp(&b),
        (Value::String(a), Value::String(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Value::Boolean(a), Value::Boolean(b)) => a.cmp(&b),
        (Value::UserData(a), Value::UserData(b)) => {
            if let (Some(a), Some(b)) = (assets::as_handle(Value::UserData(a)), assets::as_handle(Value::UserData(b))) {
                return assets::order(a, b);
            }
            let numbers = |data: UserData<'gc>| data.numbers().map(|numbers| (numbers.kind, numbers.parts));
            numbers(a).cmp(&numbers(b)).then_with(|| match (a.downcast::<Opaque>(), b.downcast::<Opaque>()) {
                // Their own order may be none: a sort by it could panic.
                (Some(a), Some(b)) => format!("{:?}", a.0).cmp(&format!("{:?}", b.0)),
                _ => Ordering::Equal,
            })
        }
        (Value::Table(a), Value::Table(b)) => {
            let mut positions = (0, 0);
            loop {
                let (left, right) = (a.next_from(ctx, positions.0), b.next_from(ctx, positions.1));
                let (Some(left), Some(right)) = (left, right) else { return left.is_some().cmp(&right.is_some()) };
                let found = order(ctx, left.1, right.1).then_with(|| order(ctx, left.2, right.2));
                if found.is_ne() {
                    return found;
                }
                positions = (left.0, right.0);
            }
        }
        _ => rank(a).cmp(&rank(b)),
    }
}

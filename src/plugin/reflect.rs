//! Components in scripts: references that read and write through, by reflection.
//!
//! A reference in Lua is an entity and a [`Place`]; it holds nothing of the world and can outlive what it names. Reads
//! walk the component by field positions; writes compare first, so that change detection sees real changes only.
//! Conversion is strict: what does not fit is an error that says what would, and nothing is written.

use std::borrow::Cow;
use std::rc::Rc;

use bevy::ecs::change_detection::DetectChangesMut;
use bevy::ecs::entity::Entity;
use bevy::ecs::world::World;
use bevy::reflect::enums::{DynamicEnum, DynamicVariant, EnumInfo, VariantInfo, VariantType};
use bevy::reflect::{PartialReflect, Reflect, ReflectMut, ReflectRef};

use super::class::Class;
use super::entity::{as_entity, entity_value, gone, label, world_of};
use super::place::{Leaf, hint, lacks, listed};
use crate::api::{Action, Call, Context, Native, Raised, TableError, UserData, Value, number};

pub(super) use super::place::{Kind, Place, resolve};

/// A component of an entity, or a part of it, as a Lua value.
pub(super) struct Reference {
    pub(super) entity: Entity,
    pub(super) place: Rc<Place>,
}

/// Fills the metatable of references.
pub(super) fn install(ctx: Context<'_>) -> Result<(), TableError> {
    let metatable = Class::Reference.install(ctx)?;
    metatable.set_field(ctx, "__index", Value::Native(Native::new(ctx, "index", index)))?;
    metatable.set_field(ctx, "__newindex", Value::Native(Native::new(ctx, "newindex", new_index)))?;
    metatable.set_field(ctx, "__eq", Value::Native(Native::new(ctx, "eq", equals)))?;
    metatable.set_field(ctx, "__tostring", Value::Native(Native::new(ctx, "tostring", to_string)))?;
    metatable.freeze();
    Ok(())
}

/// Fails unless the entity is there and has the component.
pub(super) fn require<'gc>(world: &World, entity: Entity, place: &Place) -> Result<(), Raised<'gc>> {
    match world.get_entity(entity) {
        Ok(found) if found.contains_id(place.component.id) => Ok(()),
        Ok(_) => Err(Raised::message(lacks(world, entity, &place.component))),
        Err(_) => Err(gone(entity)),
    }
}

/// The value at a place that is a leaf or an enum.
pub(super) fn read<'gc>(call: &mut Call<'_, 'gc>, entity: Entity, place: &Place) -> Result<Value<'gc>, Raised<'gc>> {
    let ctx = call.ctx;
    let world = world_of(call)?;
    let Ok(found) = world.get_entity(entity) else { return Err(gone(entity)) };
    let Some(component) = place.component.reflect.reflect(found) else {
        return Err(Raised::message(lacks(world, entity, &place.component)));
    };
    let Some(value) = walk(component.as_partial_reflect(), &place.path) else { return Err(strange(place)) };
    match place.kind {
        Kind::Leaf(leaf) => match read_leaf(ctx, leaf, value) {
            Some(value) => Ok(value),
            None => Err(Raised::message(format!("'{}' does not fit into a Lua integer: {value:?}", place.text))),
        },
        Kind::Enum(_) => read_enum(ctx, place, value),
        Kind::Fields(_) | Kind::Closed(_) => Err(strange(place)),
    }
}

/// Writes a value to a place; it counts as a change of the component only if the value was another one.
pub(super) fn write<'gc>(
    call: &mut Call<'_, 'gc>,
    entity: Entity,
    place: &Place,
    value: Value<'gc>,
) -> Result<(), Raised<'gc>> {
    let world = world_of(call)?;
    let source = copy_source(world, place, value)?;
    if !place.component.mutable {
        let name = &place.component.name;
        return Err(Raised::message(format!("cannot set '{}': {name} is immutable", place.text)));
    }
    if world.get_entity(entity).is_err() {
        return Err(gone(entity));
    }
    let Ok(found) = world.get_entity_mut(entity) else { return Err(gone(entity)) };
    let Some(mut component) = place.component.reflect.reflect_mut(found) else {
        return Err(Raised::message(lacks(world, entity, &place.component)));
    };
    let target = component.bypass_change_detection().as_partial_reflect_mut();
    let Some(target) = walk_mut(target, &place.path) else { return Err(strange(place)) };
    let changed = match (place.kind, source) {
        (Kind::Leaf(leaf), _) => write_leaf(leaf, target, value),
        (Kind::Enum(info), _) => write_enum(info, target, value),
        (Kind::Fields(_), Some(source)) => write_whole(target, source.as_partial_reflect()),
        (Kind::Fields(_), None) => {
            Err(format!("it has fields: assign to them, as in {}{} = value", place.text, place.first_field()))
        }
        (Kind::Closed(what), _) => Err(format!("it is {what}, which scripts cannot assign")),
    };
    match changed {
        Ok(true) => component.set_changed(),
        Ok(false) => {}
        Err(why) => return Err(Raised::message(format!("cannot set '{}': {why}", place.text))),
    }
    Ok(())
}

/// `reference.key`
fn index<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (data, reference) = this(call)?;
    let place = field_of(call, &reference.place)?;
    match place.kind {
        Kind::Leaf(_) | Kind::Enum(_) => {
            let value = read(call, reference.entity, place)?;
            call.ret1(value)
        }
        Kind::Fields(_) => {
            // The last part that was asked for is kept: `t.translation.x = t.translation.x + 1` makes no garbage.
            if let Value::UserData(last) = data.user_value()
                && last.downcast::<Reference>().is_some_and(|last| Rc::ptr_eq(&last.place, place))
            {
                return call.ret1(Value::UserData(last));
            }
            let part = Reference { entity: reference.entity, place: Rc::clone(place) };
            let part = Class::Reference.wrap(call.ctx, part);
            data.set_user_value(call.ctx, Value::UserData(part));
            call.ret1(Value::UserData(part))
        }
        Kind::Closed(what) => {
            Err(Raised::message(format!("cannot read '{}': it is {what}, which scripts cannot reach", place.text)))
        }
    }
}

/// `reference.key = value`
fn new_index<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (_, reference) = this(call)?;
    let place = field_of(call, &reference.place)?;
    let value = call.arg(2);
    write(call, reference.entity, place, value)?;
    call.ret0()
}

fn equals<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let same = match (as_reference(call.arg(0)), as_reference(call.arg(1))) {
        (Some(a), Some(b)) => {
            a.entity == b.entity && a.place.component.id == b.place.component.id && a.place.path == b.place.path
        }
        _ => false,
    };
    call.ret1(Value::Boolean(same))
}

fn to_string<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (_, reference) = this(call)?;
    let text = format!("{} of {}", reference.place.text, label(world_of(call)?, reference.entity));
    let text = call.ctx.text(text);
    call.ret1(text)
}

fn this<'gc>(call: &Call<'_, 'gc>) -> Result<(UserData<'gc>, &'gc Reference), Raised<'gc>> {
    match call.arg(0) {
        Value::UserData(data) => data.downcast::<Reference>().map(|reference| (data, reference)),
        _ => None,
    }
    .ok_or_else(|| Raised::argument(0, format!("component expected, got {}", call.arg(0).type_name())))
}

fn as_reference(value: Value<'_>) -> Option<&Reference> {
    match value {
        Value::UserData(data) => data.downcast::<Reference>(),
        _ => None,
    }
}

fn field_of<'gc>(call: &Call<'_, 'gc>, place: &'gc Place) -> Result<&'gc Rc<Place>, Raised<'gc>> {
    let field = match call.arg(1) {
        Value::String(name) => place.field(name.as_bytes()),
        Value::Integer(position) => place.item(position),
        _ => None,
    };
    field.ok_or_else(|| no_field(call, place))
}

#[cold]
fn no_field<'gc>(call: &Call<'_, 'gc>, place: &Place) -> Raised<'gc> {
    let name = match call.arg(1) {
        Value::String(name) => name.to_text(),
        Value::Integer(position) => Cow::Owned(position.to_string()),
        other => Cow::Borrowed(other.type_name()),
    };
    Raised::message(place.no_field(&name))
}

/// The complaint about a value that is not what its type information says.
#[cold]
fn strange<'gc>(place: &Place) -> Raised<'gc> {
    Raised::message(format!("'{}' is not what its type information says", place.text))
}

fn walk<'a>(value: &'a dyn PartialReflect, path: &[usize]) -> Option<&'a dyn PartialReflect> {
    let mut value = value;
    for &index in path {
        value = match value.reflect_ref() {
            ReflectRef::Struct(fields) => fields.field_at(index)?,
            ReflectRef::TupleStruct(fields) => fields.field(index)?,
            ReflectRef::Tuple(fields) => fields.field(index)?,
            _ => return None,
        };
    }
    Some(value)
}

fn walk_mut<'a>(value: &'a mut dyn PartialReflect, path: &[usize]) -> Option<&'a mut dyn PartialReflect> {
    let mut value = value;
    for &index in path {
        value = match value.reflect_mut() {
            ReflectMut::Struct(fields) => fields.field_at_mut(index)?,
            ReflectMut::TupleStruct(fields) => fields.field_mut(index)?,
            ReflectMut::Tuple(fields) => fields.field_mut(index)?,
            _ => return None,
        };
    }
    Some(value)
}

/// A Rust value as a Lua value; `None` if it is an integer too great for Lua.
fn read_leaf<'gc>(ctx: Context<'gc>, leaf: Leaf, value: &dyn PartialReflect) -> Option<Value<'gc>> {
    fn integer<'gc, T: Copy + TryInto<i64> + 'static>(value: &dyn PartialReflect) -> Option<Value<'gc>> {
        (*value.try_downcast_ref::<T>()?).try_into().ok().map(Value::Integer)
    }
    match leaf {
        Leaf::F32 => value.try_downcast_ref::<f32>().map(|&value| Value::Float(value.into())),
        Leaf::F64 => value.try_downcast_ref::<f64>().map(|&value| Value::Float(value)),
        Leaf::Bool => value.try_downcast_ref::<bool>().map(|&value| Value::Boolean(value)),
        Leaf::I8 => integer::<i8>(value),
        Leaf::I16 => integer::<i16>(value),
        Leaf::I32 => integer::<i32>(value),
        Leaf::I64 => integer::<i64>(value),
        Leaf::Isize => integer::<isize>(value),
        Leaf::U8 => integer::<u8>(value),
        Leaf::U16 => integer::<u16>(value),
        Leaf::U32 => integer::<u32>(value),
        Leaf::U64 => integer::<u64>(value),
        Leaf::Usize => integer::<usize>(value),
        Leaf::Char => value.try_downcast_ref::<char>().map(|value| ctx.text(value.encode_utf8(&mut [0; 4]))),
        Leaf::String => value.try_downcast_ref::<String>().map(|value| ctx.text(value)),
        Leaf::Text => value.try_downcast_ref::<Cow<'static, str>>().map(|value| ctx.text(&**value)),
        Leaf::Entity => value.try_downcast_ref::<Entity>().map(|&value| entity_value(ctx, value)),
    }
}

fn read_enum<'gc>(ctx: Context<'gc>, place: &Place, value: &dyn PartialReflect) -> Result<Value<'gc>, Raised<'gc>> {
    let ReflectRef::Enum(value) = value.reflect_ref() else { return Err(strange(place)) };
    if value.is_variant(VariantType::Unit) {
        return Ok(ctx.text(value.variant_name()));
    }
    let (text, variant) = (&place.text, value.variant_name());
    Err(Raised::message(format!("cannot read '{text}': the variant {variant} has fields, and scripts see names only")))
}

/// Stores a value if it is another one. Whether it was.
fn store<T: PartialEq + 'static>(target: &mut dyn PartialReflect, value: T) -> Result<bool, String> {
    let Some(target) = target.try_downcast_mut::<T>() else {
        return Err("it is not what its type information says".to_owned());
    };
    let changed = *target != value;
    if changed {
        *target = value;
    }
    Ok(changed)
}

/// Stores a Lua value in a Rust value. Whether that changed it.
fn write_leaf(leaf: Leaf, target: &mut dyn PartialReflect, value: Value<'_>) -> Result<bool, String> {
    macro_rules! integer {
        ($rust:ty) => {{
            let value = as_integer(value, stringify!($rust))?;
            let range =
                || format!("{value} is out of range: {} holds {} to {}", stringify!($rust), <$rust>::MIN, <$rust>::MAX);
            store(target, <$rust>::try_from(value).map_err(|_| range())?)
        }};
    }
    match leaf {
        #[expect(clippy::cast_possible_truncation, reason = "a component's f32 has the precision its author chose")]
        Leaf::F32 => store(target, as_float(value, "f32")? as f32),
        Leaf::F64 => store(target, as_float(value, "f64")?),
        Leaf::Bool => match value {
            Value::Boolean(value) => store(target, value),
            other => Err(wants("a boolean", other)),
        },
        Leaf::I8 => integer!(i8),
        Leaf::I16 => integer!(i16),
        Leaf::I32 => integer!(i32),
        Leaf::I64 => integer!(i64),
        Leaf::Isize => integer!(isize),
        Leaf::U8 => integer!(u8),
        Leaf::U16 => integer!(u16),
        Leaf::U32 => integer!(u32),
        Leaf::U64 => integer!(u64),
        Leaf::Usize => integer!(usize),
        Leaf::Char => {
            let text = as_text(value, "a string of one character")?;
            let mut letters = text.chars();
            match (letters.next(), letters.next()) {
                (Some(letter), None) => store(target, letter),
                _ => Err(format!("it wants a string of one character, got {}", text.chars().count())),
            }
        }
        Leaf::String => store(target, as_text(value, "a string")?.to_owned()),
        Leaf::Text => store(target, Cow::<'static, str>::Owned(as_text(value, "a string")?.to_owned())),
        Leaf::Entity => match as_entity(value) {
            Some(entity) => store(target, entity),
            None => Err(wants("an entity", value)),
        },
    }
}

fn as_integer(value: Value<'_>, rust: &str) -> Result<i64, String> {
    match value {
        Value::Integer(value) => Ok(value),
        Value::Float(value) => {
            number::float_to_integer(value).ok_or_else(|| format!("it wants an integer ({rust}), got {value}"))
        }
        other => Err(wants(&format!("an integer ({rust})"), other)),
    }
}

#[expect(clippy::cast_precision_loss, reason = "Lua converts integers to floats in the same way")]
fn as_float(value: Value<'_>, rust: &str) -> Result<f64, String> {
    match value {
        Value::Integer(value) => Ok(value as f64),
        Value::Float(value) => Ok(value),
        other => Err(wants(&format!("a number ({rust})"), other)),
    }
}

fn as_text<'gc>(value: Value<'gc>, what: &str) -> Result<&'gc str, String> {
    let Value::String(text) = value else { return Err(wants(what, value)) };
    text.to_str().ok_or_else(|| "the string is not UTF-8".to_owned())
}

fn wants(what: &str, got: Value<'_>) -> String {
    let got = match (as_entity(got), as_reference(got)) {
        (Some(_), _) => "an entity".to_owned(),
        (_, Some(reference)) => format!("the component reference '{}'", reference.place.text),
        _ if got.is_nil() => "nil".to_owned(),
        _ => format!("a {}", got.type_name()),
    };
    format!("it wants {what}, got {got}")
}

/// Switches to the variant of this name. Whether that changed anything.
fn write_enum(info: &EnumInfo, target: &mut dyn PartialReflect, value: Value<'_>) -> Result<bool, String> {
    let units: Vec<&str> =
        info.iter().filter(|variant| matches!(variant, VariantInfo::Unit(_))).map(VariantInfo::name).collect();
    let name = as_text(value, "the name of a variant")?;
    match info.variant(name) {
        Some(VariantInfo::Unit(_)) => {}
        Some(_) => return Err(format!("the variant {name} has fields, and scripts assign names only")),
        None => {
            return Err(format!("there is no variant '{name}'{}; there are: {}", hint(name, &units), listed(&units)));
        }
    }
    if let ReflectRef::Enum(old) = target.reflect_ref()
        && old.variant_name() == name
    {
        return Ok(false);
    }
    let value = DynamicEnum::new(name, DynamicVariant::Unit);
    target.try_apply(&value).map_err(|error| error.to_string())?;
    Ok(true)
}

/// A copy of what a reference names, if that is to be assigned to a place with fields.
fn copy_source<'gc>(world: &World, place: &Place, value: Value<'gc>) -> Result<Option<Box<dyn Reflect>>, Raised<'gc>> {
    let Kind::Fields(_) = place.kind else { return Ok(None) };
    let Some(Reference { entity, place: source }) = as_reference(value) else { return Ok(None) };
    if source.type_id != place.type_id {
        let (target, source) = (&place.text, &source.text);
        return Err(Raised::message(format!("cannot set '{target}': '{source}' is of another type")));
    }
    require(world, *entity, source)?;
    let Ok(found) = world.get_entity(*entity) else { return Err(gone(*entity)) };
    let component = source.component.reflect.reflect(found);
    let Some(value) = component.and_then(|component| walk(component.as_partial_reflect(), &source.path)) else {
        return Err(strange(source));
    };
    value.reflect_clone().map(Some).map_err(|_| Raised::message(format!("'{}' cannot be copied", source.text)))
}

/// Overwrites all fields with those of a value of the same type. Whether that changed any.
fn write_whole(target: &mut dyn PartialReflect, source: &dyn PartialReflect) -> Result<bool, String> {
    if target.reflect_partial_eq(source) == Some(true) {
        return Ok(false);
    }
    target.try_apply(source).map_err(|error| error.to_string())?;
    Ok(true)
}

/// TEMPORARY
pub(super) fn to_lua<'gc>(ctx: Context<'gc>, value: &dyn PartialReflect) -> Result<Value<'gc>, Raised<'gc>> {
    let table = crate::api::Table::new(ctx);
    if let ReflectRef::Struct(fields) = value.reflect_ref() {
        for (name, field) in fields.iter_fields() {
            if let Some(field) = field.try_downcast_ref::<f32>() {
                table.set_field(ctx, name, Value::Float(f64::from(*field)))?;
            }
        }
    }
    Ok(Value::Table(table))
}

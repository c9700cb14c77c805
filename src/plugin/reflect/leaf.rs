//! The types that Lua has too, and the way from one to the other.
//!
//! Conversion is strict: a number that does not fit is an error that says what would. Vectors and their kin are values of
//! their own in Lua; a duration is a number of seconds.

use std::any::TypeId;
use std::borrow::Cow;
use std::time::Duration;

use bevy::ecs::entity::Entity;
use bevy::reflect::{PartialReflect, Reflect};

use super::reference::as_reference;
use crate::api::{Context, Value, number};
use crate::plugin::entity::{as_entity, entity_value};

/// The types of values that Lua has too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plugin) enum Leaf {
    Bool,
    I8,
    I16,
    I32,
    I64,
    Isize,
    U8,
    U16,
    U32,
    U64,
    Usize,
    F32,
    F64,
    Char,
    String,
    Text,
    Entity,
    Duration,
}

impl Leaf {
    /// The leaf that a type is, if it is one.
    pub(super) fn of(type_id: TypeId) -> Option<Leaf> {
        let leaves = [
            (TypeId::of::<f32>(), Leaf::F32),
            (TypeId::of::<f64>(), Leaf::F64),
            (TypeId::of::<bool>(), Leaf::Bool),
            (TypeId::of::<i8>(), Leaf::I8),
            (TypeId::of::<i16>(), Leaf::I16),
            (TypeId::of::<i32>(), Leaf::I32),
            (TypeId::of::<i64>(), Leaf::I64),
            (TypeId::of::<isize>(), Leaf::Isize),
            (TypeId::of::<u8>(), Leaf::U8),
            (TypeId::of::<u16>(), Leaf::U16),
            (TypeId::of::<u32>(), Leaf::U32),
            (TypeId::of::<u64>(), Leaf::U64),
            (TypeId::of::<usize>(), Leaf::Usize),
            (TypeId::of::<char>(), Leaf::Char),
            (TypeId::of::<String>(), Leaf::String),
            (TypeId::of::<Cow<'static, str>>(), Leaf::Text),
            (TypeId::of::<Entity>(), Leaf::Entity),
            (TypeId::of::<Duration>(), Leaf::Duration),
        ];
        leaves.into_iter().find(|(id, _)| *id == type_id).map(|(_, leaf)| leaf)
    }

    /// Whether to read or write one is a matter of a few bytes.
    pub(super) fn is_small(self) -> bool {
        !matches!(self, Leaf::String | Leaf::Text)
    }

    /// Whether a Lua table can have it as a key.
    pub(super) fn is_plain_key(self) -> bool {
        !matches!(self, Leaf::F32 | Leaf::F64 | Leaf::Entity | Leaf::Duration)
    }
}

/// How many bytes of text a value of the world may be given at once.
pub(super) const TEXT_MAX: usize = 1 << 20;

/// Refuses more text than a value of the world may be given at once.
#[inline]
pub(super) fn check_text(bytes: usize) -> Result<(), String> {
    if bytes > TEXT_MAX { Err(too_much_text(bytes)) } else { Ok(()) }
}

#[cold]
fn too_much_text(bytes: usize) -> String {
    format!("a value may be given {TEXT_MAX} bytes of text at once, got {bytes}: keep long texts in Lua, or in files")
}

/// Charges for the copy of a string, if a value is one.
#[inline]
pub(super) fn charge_text(ctx: Context<'_>, value: Value<'_>) {
    if let Value::String(text) = value {
        charge_bytes(ctx, text.len());
    }
}

fn charge_bytes(ctx: Context<'_>, bytes: usize) {
    ctx.charge(u32::try_from(bytes / 64).unwrap_or(u32::MAX));
}

/// A string of Rust in Lua, which is a copy.
pub(in crate::plugin) fn copied_text<'gc>(ctx: Context<'gc>, text: &str) -> Value<'gc> {
    charge_bytes(ctx, text.len());
    ctx.text(text)
}

/// A Rust value as a Lua value; `None` if it is an integer too great for Lua.
pub(super) fn read_leaf<'gc>(ctx: Context<'gc>, leaf: Leaf, value: &dyn PartialReflect) -> Option<Value<'gc>> {
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
        Leaf::String => value.try_downcast_ref::<String>().map(|value| copied_text(ctx, value)),
        Leaf::Text => value.try_downcast_ref::<Cow<'static, str>>().map(|value| copied_text(ctx, value)),
        Leaf::Entity => value.try_downcast_ref::<Entity>().map(|&value| entity_value(ctx, value)),
        Leaf::Duration => value.try_downcast_ref::<Duration>().map(|value| Value::Float(value.as_secs_f64())),
    }
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
pub(super) fn write_leaf(leaf: Leaf, target: &mut dyn PartialReflect, value: Value<'_>) -> Result<bool, String> {
    convert(leaf, value, Store(target))
}

/// A Rust value of a Lua value.
pub(super) fn make_leaf(leaf: Leaf, value: Value<'_>) -> Result<Box<dyn Reflect>, String> {
    convert(leaf, value, Make)
}

/// What is to happen with a value that was converted.
trait Sink {
    type Out;

    fn take<T: PartialEq + Reflect>(self, value: T) -> Result<Self::Out, String>;
}

struct Store<'a>(&'a mut dyn PartialReflect);

impl Sink for Store<'_> {
    type Out = bool;

    #[inline]
    fn take<T: PartialEq + Reflect>(self, value: T) -> Result<bool, String> {
        store(self.0, value)
    }
}

struct Make;

impl Sink for Make {
    type Out = Box<dyn Reflect>;

    fn take<T: PartialEq + Reflect>(self, value: T) -> Result<Box<dyn Reflect>, String> {
        Ok(Box::new(value))
    }
}

/// Converts a Lua value to a leaf's type.
fn convert<S: Sink>(leaf: Leaf, value: Value<'_>, sink: S) -> Result<S::Out, String> {
    macro_rules! integer {
        ($rust:ty) => {{
            let value = as_integer(value, stringify!($rust))?;
            let range =
                || format!("{value} is out of range: {} holds {} to {}", stringify!($rust), <$rust>::MIN, <$rust>::MAX);
            sink.take(<$rust>::try_from(value).map_err(|_| range())?)
        }};
    }
    match leaf {
        Leaf::F32 => sink.take(as_f32(value)?),
        Leaf::F64 => sink.take(as_float(value, "f64")?),
        Leaf::Bool => match value {
            Value::Boolean(value) => sink.take(value),
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
                (Some(letter), None) => sink.take(letter),
                _ => Err(format!("it wants a string of one character, got {}", text.chars().count())),
            }
        }
        Leaf::String => sink.take(as_text(value, "a string")?.to_owned()),
        Leaf::Text => sink.take(Cow::<'static, str>::Owned(as_text(value, "a string")?.to_owned())),
        Leaf::Entity => match as_entity(value) {
            Some(entity) => sink.take(entity),
            None => Err(wants("an entity", value)),
        },
        Leaf::Duration => {
            let seconds = as_float(value, "seconds")?;
            sink.take(
                Duration::try_from_secs_f64(seconds)
                    .map_err(|_| format!("{seconds} is no number of seconds from 0 on"))?,
            )
        }
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

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "a component's f32 has the precision its author chose")]
pub(super) fn as_f32(value: Value<'_>) -> Result<f32, String> {
    as_float(value, "f32").map(|value| value as f32)
}

#[expect(clippy::cast_precision_loss, reason = "Lua converts integers to floats in the same way")]
fn as_float(value: Value<'_>, rust: &str) -> Result<f64, String> {
    match value {
        Value::Integer(value) => Ok(value as f64),
        Value::Float(value) => Ok(value),
        other => Err(wants(&format!("a number ({rust})"), other)),
    }
}

pub(super) fn as_text<'gc>(value: Value<'gc>, what: &str) -> Result<&'gc str, String> {
    let Value::String(text) = value else { return Err(wants(what, value)) };
    text.to_str().ok_or_else(|| "the string is not UTF-8".to_owned())
}

pub(super) fn wants(what: &str, got: Value<'_>) -> String {
    let got = match (as_entity(got), as_reference(got)) {
        (Some(_), _) => "an entity".to_owned(),
        (_, Some(reference)) => format!("the component reference '{}'", reference.place.text),
        _ if got.is_nil() => "nil".to_owned(),
        _ => format!("a {}", got.type_name()),
    };
    format!("it wants {what}, got {got}")
}

//! Values of scripts as plain Rust data: parameters, saved states, and what a component that was defined in Lua holds.
//!
//! Data is a copy that knows nothing of the machine, so systems can read it on any thread and files can keep it. A table
//! is a list, counted from 1, or has strings as its keys; an empty one is a list. Keys are in alphabetical order.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::fmt;

use bevy::color::Color;
use bevy::ecs::entity::{Entity, EntityMapper, MapEntities};
use bevy::math::{IVec2, IVec3, IVec4, Quat, UVec2, UVec3, UVec4, Vec2, Vec3, Vec4};
use bevy::reflect::std_traits::ReflectDefault;
use bevy::reflect::{Reflect, ReflectDeserialize, ReflectSerialize};

use super::entity::entity_value;
use super::values::{self, Kind, Shape};
use crate::api::{Context, Table, TableError, Value, number};

/// Data by names: a behaviour's parameters, the fields of a component that was defined in Lua.
pub type LuaFields = BTreeMap<String, LuaData>;

/// A value of a script as plain data.
///
/// In a file it is written as in Rust: `Number(2.0)`, `Text("tower")`, `List([Integer(1), Integer(2)])`, a vector or
/// another value of a Rust type as its numbers, `Vec3((1.0, 0.0, 0.0))`.
#[derive(Reflect, Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[reflect(Default, Clone, PartialEq, Serialize, Deserialize, no_field_bounds)]
#[type_path = "deimos"]
pub enum LuaData {
    /// A boolean.
    Bool(bool),
    /// A number of subtype integer.
    Integer(i64),
    /// A number of subtype float.
    Number(f64),
    /// A string.
    Text(String),
    /// An entity.
    Entity(#[serde(with = "parts")] Entity),
    /// A `vec2`.
    Vec2(#[serde(with = "parts")] Vec2),
    /// A `vec3`.
    Vec3(#[serde(with = "parts")] Vec3),
    /// A `vec4`.
    Vec4(#[serde(with = "parts")] Vec4),
    /// An `ivec2`.
    IVec2(#[serde(with = "parts")] IVec2),
    /// An `ivec3`.
    IVec3(#[serde(with = "parts")] IVec3),
    /// An `ivec4`.
    IVec4(#[serde(with = "parts")] IVec4),
    /// A `uvec2`.
    UVec2(#[serde(with = "parts")] UVec2),
    /// A `uvec3`.
    UVec3(#[serde(with = "parts")] UVec3),
    /// A `uvec4`.
    UVec4(#[serde(with = "parts")] UVec4),
    /// A `quat`.
    Quat(#[serde(with = "parts")] Quat),
    /// A `color`.
    Color(#[serde(with = "parts")] Color),
    /// A table that is counted from 1, or empty.
    List(Vec<LuaData>),
    /// A table whose keys are strings.
    Table(BTreeMap<String, LuaData>),
    /// Any other table, as its keys and values. Only a saved `state` has them; parameters and components do without.
    Map(Vec<(LuaData, LuaData)>),
}

impl LuaData {
    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            LuaData::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The integer, if it is one.
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            LuaData::Integer(value) => Some(*value),
            _ => None,
        }
    }

    /// The number, whether it is an integer or a float.
    #[expect(clippy::cast_precision_loss, reason = "Lua converts integers to floats in the same way")]
    pub fn as_number(&self) -> Option<f64> {
        match self {
            LuaData::Integer(value) => Some(*value as f64),
            LuaData::Number(value) => Some(*value),
            _ => None,
        }
    }

    /// The string, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            LuaData::Text(value) => Some(value),
            _ => None,
        }
    }

    /// What kind of value it is in a script.
    pub fn kind(&self) -> &'static str {
        match self {
            LuaData::Bool(_) => "boolean",
            LuaData::Integer(_) | LuaData::Number(_) => "number",
            LuaData::Text(_) => "string",
            LuaData::Entity(_) => "entity",
            LuaData::Vec2(_) => "vec2",
            LuaData::Vec3(_) => "vec3",
            LuaData::Vec4(_) => "vec4",
            LuaData::IVec2(_) => "ivec2",
            LuaData::IVec3(_) => "ivec3",
            LuaData::IVec4(_) => "ivec4",
            LuaData::UVec2(_) => "uvec2",
            LuaData::UVec3(_) => "uvec3",
            LuaData::UVec4(_) => "uvec4",
            LuaData::Quat(_) => "quat",
            LuaData::Color(_) => "color",
            LuaData::List(_) | LuaData::Table(_) | LuaData::Map(_) => "table",
        }
    }

    /// Another value, as one of this one's type; a whole number is one of either kind. All tables are of one type.
    ///
    /// # Errors
    /// If it is of another type; it is then given back.
    pub(super) fn fitted(&self, given: LuaData) -> Result<LuaData, LuaData> {
        match (self, &given) {
            #[expect(clippy::cast_precision_loss, reason = "the nearest float is what is wanted")]
            (LuaData::Number(_), LuaData::Integer(number)) => Ok(LuaData::Number(*number as f64)),
            (LuaData::Integer(_), LuaData::Number(number)) => {
                number::float_to_integer(*number).map(LuaData::Integer).ok_or(given)
            }
            _ if self.is_same_type(&given) => Ok(given),
            _ => Err(given),
        }
    }

    /// Whether another value is of this one's type. All tables are of one.
    pub(super) fn is_same_type(&self, other: &LuaData) -> bool {
        self.is_table() && other.is_table() || std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// Whether it is a table in Lua.
    pub fn is_table(&self) -> bool {
        matches!(self, LuaData::List(_) | LuaData::Table(_) | LuaData::Map(_))
    }

    /// The value that a script sees. If it is a table, it and all in it may be read-only.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub(super) fn to_value<'gc>(&self, ctx: Context<'gc>, is_frozen: bool) -> Result<Value<'gc>, TableError> {
        self.value_at(ctx, is_frozen, 0)
    }

    fn value_at<'gc>(&self, ctx: Context<'gc>, is_frozen: bool, depth: u32) -> Result<Value<'gc>, TableError> {
        let at = |value: &LuaData| value.value_at(ctx, is_frozen, depth + 1);
        let table = match self {
            LuaData::Bool(value) => return Ok(Value::Boolean(*value)),
            LuaData::Integer(value) => return Ok(Value::Integer(*value)),
            LuaData::Number(value) => return Ok(Value::Float(*value)),
            LuaData::Text(value) => return Ok(ctx.text(value)),
            LuaData::Entity(value) => return Ok(entity_value(ctx, *value)),
            _ if depth >= DEPTH_MAX && self.is_table() => return Ok(Value::Nil),
            LuaData::List(values) => {
                let list = Table::with_capacity(ctx, values.len(), 0);
                for (index, value) in (1..).zip(values) {
                    list.set_integer(ctx, index, at(value)?)?;
                }
                list
            }
            LuaData::Table(fields) => {
                let table = Table::with_capacity(ctx, 0, fields.len());
                for (name, value) in fields {
                    table.set(ctx, ctx.text(name), at(value)?)?;
                }
                table
            }
            LuaData::Map(pairs) => {
                let table = Table::with_capacity(ctx, 0, pairs.len());
                for (key, value) in pairs {
                    let key = at(key)?;
                    if !key.is_nil() && !matches!(key, Value::Float(number) if number.is_nan()) {
                        table.set(ctx, key, at(value)?)?;
                    }
                }
                table
            }
            _ => {
                let value = self.rust_value().and_then(|value| values::to_lua(ctx, value.as_partial_reflect()));
                return Ok(value.unwrap_or(Value::Nil));
            }
        };
        if is_frozen {
            table.freeze();
        }
        Ok(Value::Table(table))
    }

    /// The vector, rotation or colour, if it is one.
    fn rust_value(&self) -> Option<&dyn Reflect> {
        Some(match self {
            LuaData::Vec2(value) => value,
            LuaData::Vec3(value) => value,
            LuaData::Vec4(value) => value,
            LuaData::IVec2(value) => value,
            LuaData::IVec3(value) => value,
            LuaData::IVec4(value) => value,
            LuaData::UVec2(value) => value,
            LuaData::UVec3(value) => value,
            LuaData::UVec4(value) => value,
            LuaData::Quat(value) => value,
            LuaData::Color(value) => value,
            _ => return None,
        })
    }

    /// The data of a vector, a rotation or a colour; `None` if the value is none.
    pub(super) fn of_value<'gc>(ctx: Context<'gc>, value: Value<'gc>) -> Option<LuaData> {
        fn made<'gc, T: Reflect>(ctx: Context<'gc>, value: Value<'gc>) -> Option<T> {
            let shape = Shape::of(TypeId::of::<T>())?;
            values::from_lua(ctx, shape, value, None).ok()?.downcast::<T>().ok().map(|made| *made)
        }
        match values::kind_of(value)? {
            Kind::Vec2 => made(ctx, value).map(LuaData::Vec2),
            Kind::Vec3 => made(ctx, value).map(LuaData::Vec3),
            Kind::Vec4 => made(ctx, value).map(LuaData::Vec4),
            Kind::IVec2 => made(ctx, value).map(LuaData::IVec2),
            Kind::IVec3 => made(ctx, value).map(LuaData::IVec3),
            Kind::IVec4 => made(ctx, value).map(LuaData::IVec4),
            Kind::UVec2 => made(ctx, value).map(LuaData::UVec2),
            Kind::UVec3 => made(ctx, value).map(LuaData::UVec3),
            Kind::UVec4 => made(ctx, value).map(LuaData::UVec4),
            Kind::Quat => made(ctx, value).map(LuaData::Quat),
            Kind::Color => made(ctx, value).map(LuaData::Color),
        }
    }
}

/// How deep tables may be nested; what lies deeper is left out.
pub(super) const DEPTH_MAX: u32 = 64;

/// The entities in it, at any depth: in a scene they are those of the scene.
impl MapEntities for LuaData {
    fn map_entities<M: EntityMapper>(&mut self, mapper: &mut M) {
        match self {
            LuaData::Entity(entity) => entity.map_entities(mapper),
            LuaData::List(values) => values.iter_mut().for_each(|value| value.map_entities(mapper)),
            LuaData::Table(fields) => map_fields(fields, mapper),
            LuaData::Map(pairs) => {
                for (key, value) in pairs {
                    key.map_entities(mapper);
                    value.map_entities(mapper);
                }
            }
            _ => {}
        }
    }
}

/// As [`LuaData::map_entities`], of all fields.
pub(super) fn map_fields<M: EntityMapper>(fields: &mut LuaFields, mapper: &mut M) {
    fields.values_mut().for_each(|value| value.map_entities(mapper));
}

impl Default for LuaData {
    fn default() -> LuaData {
        LuaData::Bool(false)
    }
}

/// As a script would write it.
impl fmt::Display for LuaData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LuaData::Bool(value) => write!(f, "{value}"),
            LuaData::Integer(value) => write!(f, "{value}"),
            LuaData::Number(value) => write!(f, "{value:?}"),
            LuaData::Text(value) => write!(f, "{value:?}"),
            LuaData::Entity(value) => write!(f, "Entity({value})"),
            LuaData::List(values) => {
                let values: Vec<String> = values.iter().map(ToString::to_string).collect();
                write!(f, "{{{}}}", values.join(", "))
            }
            LuaData::Table(fields) => f.write_str(&shown(fields)),
            LuaData::Map(pairs) => {
                let pairs: Vec<String> = pairs.iter().map(|(key, value)| format!("[{key}] = {value}")).collect();
                write!(f, "{{{}}}", pairs.join(", "))
            }
            _ => {
                let text = self.rust_value().and_then(|value| values::text_of(value.as_partial_reflect()));
                f.write_str(&text.unwrap_or_default())
            }
        }
    }
}

/// Fields as a script would write them.
pub(super) fn shown(fields: &LuaFields) -> String {
    let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    format!("{{{}}}", fields.join(", "))
}

macro_rules! from {
    ($($rust:ty => $variant:ident)*) => {
        $(impl From<$rust> for LuaData {
            fn from(value: $rust) -> LuaData {
                LuaData::$variant(value.into())
            }
        })*
    };
}

from! {
    bool => Bool
    i32 => Integer
    u32 => Integer
    i64 => Integer
    f32 => Number
    f64 => Number
    &str => Text
    String => Text
    Entity => Entity
    Vec2 => Vec2
    Vec3 => Vec3
    Vec4 => Vec4
    IVec2 => IVec2
    IVec3 => IVec3
    IVec4 => IVec4
    UVec2 => UVec2
    UVec3 => UVec3
    UVec4 => UVec4
    Quat => Quat
    Color => Color
    LuaFields => Table
}

impl<T: Into<LuaData>> From<Vec<T>> for LuaData {
    fn from(values: Vec<T>) -> LuaData {
        LuaData::List(values.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<LuaData>, const N: usize> From<[T; N]> for LuaData {
    fn from(values: [T; N]) -> LuaData {
        LuaData::List(values.into_iter().map(Into::into).collect())
    }
}

/// In files, a value of a Rust type is the numbers that it is made of, whatever features the engine was built with.
mod parts {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Parts;

    pub(super) fn serialize<T: Parts, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
        value.parts().serialize(to)
    }

    pub(super) fn deserialize<'de, T: Parts, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
        let parts = T::Plain::deserialize(from)?;
        T::of_parts(parts).ok_or_else(|| serde::de::Error::custom("this is no such value"))
    }
}

trait Parts: Sized {
    type Plain: serde::Serialize + serde::de::DeserializeOwned;

    fn parts(&self) -> Self::Plain;

    fn of_parts(parts: Self::Plain) -> Option<Self>;
}

macro_rules! arrays {
    ($($rust:ident [$number:ty; $count:literal])*) => {
        $(impl Parts for $rust {
            type Plain = [$number; $count];

            fn parts(&self) -> [$number; $count] {
                self.to_array()
            }

            fn of_parts(parts: [$number; $count]) -> Option<$rust> {
                Some($rust::from_array(parts))
            }
        })*
    };
}

arrays! {
    Vec2 [f32; 2]
    Vec3 [f32; 3]
    Vec4 [f32; 4]
    IVec2 [i32; 2]
    IVec3 [i32; 3]
    IVec4 [i32; 4]
    UVec2 [u32; 2]
    UVec3 [u32; 3]
    UVec4 [u32; 4]
    Quat [f32; 4]
}

impl Parts for Entity {
    type Plain = u64;

    fn parts(&self) -> u64 {
        self.to_bits()
    }

    fn of_parts(bits: u64) -> Option<Entity> {
        Entity::try_from_bits(bits)
    }
}

impl Parts for Color {
    type Plain = (String, [f32; 4]);

    fn parts(&self) -> (String, [f32; 4]) {
        let (space, parts) = values::color_parts(*self);
        (space.to_owned(), parts)
    }

    fn of_parts((space, parts): (String, [f32; 4])) -> Option<Color> {
        values::color_of_parts(&space, parts)
    }
}

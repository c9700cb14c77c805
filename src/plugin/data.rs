//! Values of scripts as plain Rust data: what a component that was defined in Lua holds.
//!
//! Data is a copy that knows nothing of the machine, so systems can read it on any thread and files can keep it. A table
//! is a list, counted from 1, or has strings as its keys; an empty one is a list. Keys are in alphabetical order.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::fmt;

use bevy::color::Color;
use bevy::ecs::entity::Entity;
use bevy::math::{IVec2, IVec3, IVec4, Quat, UVec2, UVec3, UVec4, Vec2, Vec3, Vec4};
use bevy::reflect::Reflect;
use bevy::reflect::std_traits::ReflectDefault;

use super::values::{self, Kind, Shape};
use crate::api::{Context, Value};

/// The fields of a component that was defined in Lua, by their names.
pub type LuaFields = BTreeMap<String, LuaData>;

/// A value of a script as plain data.
#[derive(Reflect, Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[reflect(Default, Clone, PartialEq, no_field_bounds)]
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

    /// Whether it is a table in Lua.
    pub fn is_table(&self) -> bool {
        matches!(self, LuaData::List(_) | LuaData::Table(_))
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

impl Default for LuaData {
    fn default() -> LuaData {
        LuaData::Bool(false)
    }
}

/// As a script would write it.
impl fmt::Display for LuaData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: &dyn Reflect = match self {
            LuaData::Bool(value) => return write!(f, "{value}"),
            LuaData::Integer(value) => return write!(f, "{value}"),
            LuaData::Number(value) => return write!(f, "{value:?}"),
            LuaData::Text(value) => return write!(f, "{value:?}"),
            LuaData::Entity(value) => return write!(f, "Entity({value})"),
            LuaData::List(values) => {
                let values: Vec<String> = values.iter().map(ToString::to_string).collect();
                return write!(f, "{{{}}}", values.join(", "));
            }
            LuaData::Table(fields) => return f.write_str(&shown(fields)),
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
        };
        f.write_str(&values::text_of(shown.as_partial_reflect()).unwrap_or_default())
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
    Quat => Quat
    Color => Color
    Vec<LuaData> => List
    BTreeMap<String, LuaData> => Table
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

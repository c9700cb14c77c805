//! Where values and the world meet: the Rust types that are values in Lua, read and written as a whole.
//!
//! A type here is a [`Shape`]: how to make a value of what is there, and what is there of a value. All are small and
//! `Copy`-like, so both ways are copies. Rust functions that scripts call can have them as arguments and results. Types with `f64`, matrices and the like are not here: they are tables in Lua.

use std::any::{Any, TypeId};

use bevy::color::{Color, Hsla, Hsva, Hwba, Laba, Lcha, LinearRgba, Oklaba, Oklcha, Srgba, Xyza};
use bevy::math::{Dir2, Dir3, Dir3A, Dir4, IVec2, IVec3, IVec4, Quat, UVec2, UVec3, UVec4, Vec2, Vec3, Vec3A, Vec4};
use bevy::reflect::{PartialReflect, Reflect};

use super::color;
use super::convert::{argument, cast};
use super::datum::{Datum, Kind, float_text};
use crate::api::{Context, FromLua, IntoLua, Mismatch, Raised, Value};

/// A Rust type that is a value in Lua.
pub(in crate::plugin) struct Shape {
    type_id: TypeId,
    /// What it is in Lua.
    pub(in crate::plugin) kind: Kind,
    read: fn(&dyn PartialReflect) -> Option<Datum>,
    store: fn(&mut dyn PartialReflect, Datum) -> Result<bool, String>,
    make: fn(Datum) -> Result<Box<dyn Reflect>, String>,
}

impl Shape {
    /// The shape of a type, if it is a value in Lua.
    pub(in crate::plugin) fn of(type_id: TypeId) -> Option<&'static Shape> {
        SHAPES.iter().find(|shape| shape.type_id == type_id)
    }

    /// The value of what has this shape.
    pub(in crate::plugin) fn read(&self, value: &dyn PartialReflect) -> Option<Datum> {
        (self.read)(value)
    }

    /// Writes a value over what has this shape. Whether that changed it.
    ///
    /// # Errors
    /// If the value is of a kind that does not convert, or the type does not take it.
    pub(super) fn store(&self, target: &mut dyn PartialReflect, datum: Datum) -> Result<bool, String> {
        (self.store)(target, cast(datum, self.kind)?)
    }

    /// A Rust value of this shape.
    ///
    /// # Errors
    /// As [`Shape::store`].
    pub(super) fn make(&self, datum: Datum) -> Result<Box<dyn Reflect>, String> {
        (self.make)(cast(datum, self.kind)?)
    }

    const fn new<T: Shaped>() -> Shape {
        Shape { type_id: TypeId::of::<T>(), kind: T::KIND, read: read::<T>, store: store::<T>, make: make::<T> }
    }
}

static SHAPES: [Shape; 26] = [
    Shape::new::<Vec2>(),
    Shape::new::<Vec3>(),
    Shape::new::<Quat>(),
    Shape::new::<Color>(),
    Shape::new::<Vec4>(),
    Shape::new::<Vec3A>(),
    Shape::new::<IVec2>(),
    Shape::new::<IVec3>(),
    Shape::new::<IVec4>(),
    Shape::new::<UVec2>(),
    Shape::new::<UVec3>(),
    Shape::new::<UVec4>(),
    Shape::new::<Dir2>(),
    Shape::new::<Dir3>(),
    Shape::new::<Dir3A>(),
    Shape::new::<Dir4>(),
    Shape::new::<Srgba>(),
    Shape::new::<LinearRgba>(),
    Shape::new::<Hsla>(),
    Shape::new::<Hsva>(),
    Shape::new::<Hwba>(),
    Shape::new::<Laba>(),
    Shape::new::<Lcha>(),
    Shape::new::<Oklaba>(),
    Shape::new::<Oklcha>(),
    Shape::new::<Xyza>(),
];

fn read<T: Shaped>(value: &dyn PartialReflect) -> Option<Datum> {
    value.try_downcast_ref::<T>().map(Shaped::to_datum)
}

fn store<T: Shaped>(target: &mut dyn PartialReflect, datum: Datum) -> Result<bool, String> {
    let Some(target) = target.try_downcast_mut::<T>() else {
        return Err("it is not what its type information says".to_owned());
    };
    let changed = !target.to_datum().is(datum);
    if changed {
        *target = T::from_datum(datum)?;
    }
    Ok(changed)
}

fn make<T: Shaped>(datum: Datum) -> Result<Box<dyn Reflect>, String> {
    Ok(Box::new(T::from_datum(datum)?))
}

/// A Rust type of a shape. What comes is of the type's kind.
trait Shaped: Reflect + Sized {
    const KIND: Kind;

    fn to_datum(&self) -> Datum;

    fn from_datum(datum: Datum) -> Result<Self, String>;
}

macro_rules! floats {
    ($($rust:ident $kind:ident [$($part:ident),*])*) => {
        $(impl Shaped for $rust {
            const KIND: Kind = Kind::$kind;

            fn to_datum(&self) -> Datum {
                let mut parts = [0.0; 4];
                for (to, from) in parts.iter_mut().zip([$(self.$part),*]) {
                    *to = from;
                }
                Datum::floats(Kind::$kind, parts)
            }

            fn from_datum(datum: Datum) -> Result<$rust, String> {
                let [$($part,)* ..] = datum.as_floats();
                Ok(<$rust>::from_array([$($part),*]))
            }
        })*
    };
}

floats! {
    Vec2 Vec2 [x, y]
    Vec3 Vec3 [x, y, z]
    Vec3A Vec3 [x, y, z]
    Vec4 Vec4 [x, y, z, w]
    Quat Quat [x, y, z, w]
}

macro_rules! integers {
    ($($kind:ident $number:ident [$($part:ident),*])*) => {
        $(impl Shaped for $kind {
            const KIND: Kind = Kind::$kind;

            fn to_datum(&self) -> Datum {
                let mut parts = [0; 4];
                for (to, from) in parts.iter_mut().zip([$(self.$part),*]) {
                    *to = i64::from(from);
                }
                // What comes out of the type fits into it.
                Datum::integers(Kind::$kind, parts).unwrap_or(Datum::floats(Kind::$kind, [0.0; 4]))
            }

            fn from_datum(datum: Datum) -> Result<$kind, String> {
                let [$($part,)* ..] = datum.as_integers();
                let fit = |part: i64| $number::try_from(part).map_err(|_| format!("{part} is out of range"));
                Ok($kind::from_array([$(fit($part)?),*]))
            }
        })*
    };
}

integers! {
    IVec2 i32 [x, y]
    IVec3 i32 [x, y, z]
    IVec4 i32 [x, y, z, w]
    UVec2 u32 [x, y]
    UVec3 u32 [x, y, z]
    UVec4 u32 [x, y, z, w]
}

macro_rules! directions {
    ($($direction:ident $vector:ident $kind:ident)*) => {
        $(impl Shaped for $direction {
            const KIND: Kind = Kind::$kind;

            fn to_datum(&self) -> Datum {
                (**self).to_datum()
            }

            fn from_datum(datum: Datum) -> Result<$direction, String> {
                let vector = <$vector>::from_datum(datum)?;
                if vector.is_normalized() {
                    // It stays as it is, bit by bit.
                    return Ok(<$direction>::new_unchecked(vector));
                }
                <$direction>::new(vector).map_err(|_| {
                    let length = float_text(vector.length());
                    format!("it is a direction, and a vector of length {length} has none")
                })
            }
        })*
    };
}

directions! {
    Dir2 Vec2 Vec2
    Dir3 Vec3 Vec3
    Dir3A Vec3A Vec3
    Dir4 Vec4 Vec4
}

impl Shaped for Color {
    const KIND: Kind = Kind::Color;

    fn to_datum(&self) -> Datum {
        color::to_datum(*self)
    }

    fn from_datum(datum: Datum) -> Result<Color, String> {
        Ok(color::from_datum(datum))
    }
}

macro_rules! spaces {
    ($($space:ident)*) => {
        $(impl Shaped for $space {
            const KIND: Kind = Kind::Color;

            fn to_datum(&self) -> Datum {
                color::to_datum((*self).into())
            }

            fn from_datum(datum: Datum) -> Result<$space, String> {
                Ok(color::from_datum(datum).into())
            }
        })*
    };
}

spaces! { Srgba LinearRgba Hsla Hsva Hwba Laba Lcha Oklaba Oklcha Xyza }

macro_rules! arguments {
    ($($rust:ident $expected:literal)*) => {
        $(
            impl<'gc> FromLua<'gc> for $rust {
                const EXPECTED: &'static str = $expected;

                fn from_lua(ctx: Context<'gc>, value: Value<'gc>) -> Result<$rust, Mismatch> {
                    Self::from_lua_in(ctx, &(), value)
                }

                fn from_lua_in(ctx: Context<'gc>, host: &dyn Any, value: Value<'gc>) -> Result<$rust, Mismatch> {
                    let datum = argument(ctx, host, <$rust>::KIND, value)?;
                    <$rust>::from_datum(datum).map_err(Mismatch::message)
                }
            }

            impl<'gc> IntoLua<'gc> for $rust {
                fn into_lua(self, ctx: Context<'gc>) -> Result<Value<'gc>, Raised<'gc>> {
                    Ok(self.to_datum().wrap(ctx))
                }
            }
        )*
    };
}

arguments! {
    Vec2 "vec2"
    Vec3 "vec3"
    Vec3A "vec3"
    Vec4 "vec4"
    IVec2 "ivec2"
    IVec3 "ivec3"
    IVec4 "ivec4"
    UVec2 "uvec2"
    UVec3 "uvec3"
    UVec4 "uvec4"
    Dir2 "vec2"
    Dir3 "vec3"
    Dir3A "vec3"
    Dir4 "vec4"
    Quat "quat"
    Color "color"
    Srgba "color"
    LinearRgba "color"
    Hsla "color"
    Hsva "color"
    Hwba "color"
    Laba "color"
    Lcha "color"
    Oklaba "color"
    Oklcha "color"
    Xyza "color"
}

//! A value of mathematics as the natives compute with it: its kind and its parts.
//!
//! In Lua it is a userdata that is nothing but these numbers, so it is copied and never shared, and nothing can change
//! it. Parts behind the last one hold whatever an operation on all four left there; nobody reads them.

use std::fmt::Write;

use super::super::class::Class;
use crate::api::{Context, Numbers, UserData, Value};

/// The kinds of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plugin) enum Kind {
    Vec2,
    Vec3,
    Vec4,
    IVec2,
    IVec3,
    IVec4,
    UVec2,
    UVec3,
    UVec4,
    Quat,
    Color,
}

/// What kinds have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// Vectors of `f32`.
    Float,
    /// Vectors of `i32`.
    Signed,
    /// Vectors of `u32`.
    Unsigned,
    /// Rotations.
    Rotation,
    /// Colours.
    Color,
}

impl Kind {
    /// All kinds, in their order.
    pub(super) const ALL: [Kind; 11] = [
        Kind::Vec2,
        Kind::Vec3,
        Kind::Vec4,
        Kind::IVec2,
        Kind::IVec3,
        Kind::IVec4,
        Kind::UVec2,
        Kind::UVec3,
        Kind::UVec4,
        Kind::Quat,
        Kind::Color,
    ];

    /// The vector of a family with so many parts; of the others the only one there is.
    pub(super) fn of(family: Family, len: usize) -> Kind {
        match (family, len) {
            (Family::Float, 2) => Kind::Vec2,
            (Family::Float, 3) => Kind::Vec3,
            (Family::Float, _) => Kind::Vec4,
            (Family::Signed, 2) => Kind::IVec2,
            (Family::Signed, 3) => Kind::IVec3,
            (Family::Signed, _) => Kind::IVec4,
            (Family::Unsigned, 2) => Kind::UVec2,
            (Family::Unsigned, 3) => Kind::UVec3,
            (Family::Unsigned, _) => Kind::UVec4,
            (Family::Rotation, _) => Kind::Quat,
            (Family::Color, _) => Kind::Color,
        }
    }

    /// What scripts call it, and its constructor.
    pub(in crate::plugin) fn name(self) -> &'static str {
        match self {
            Kind::Vec2 => "vec2",
            Kind::Vec3 => "vec3",
            Kind::Vec4 => "vec4",
            Kind::IVec2 => "ivec2",
            Kind::IVec3 => "ivec3",
            Kind::IVec4 => "ivec4",
            Kind::UVec2 => "uvec2",
            Kind::UVec3 => "uvec3",
            Kind::UVec4 => "uvec4",
            Kind::Quat => "quat",
            Kind::Color => "color",
        }
    }

    /// The name behind its article.
    pub(super) fn a_name(self) -> String {
        let article = if self.family() == Family::Signed { "an" } else { "a" };
        format!("{article} {}", self.name())
    }

    pub(super) fn family(self) -> Family {
        match self {
            Kind::Vec2 | Kind::Vec3 | Kind::Vec4 => Family::Float,
            Kind::IVec2 | Kind::IVec3 | Kind::IVec4 => Family::Signed,
            Kind::UVec2 | Kind::UVec3 | Kind::UVec4 => Family::Unsigned,
            Kind::Quat => Family::Rotation,
            Kind::Color => Family::Color,
        }
    }

    /// Whether it is a vector.
    pub(super) fn is_vector(self) -> bool {
        matches!(self.family(), Family::Float | Family::Signed | Family::Unsigned)
    }

    /// Whether its parts are integers.
    pub(super) fn is_integer(self) -> bool {
        matches!(self.family(), Family::Signed | Family::Unsigned)
    }

    /// How many parts it has.
    pub(super) fn len(self) -> usize {
        match self {
            Kind::Vec2 | Kind::IVec2 | Kind::UVec2 => 2,
            Kind::Vec3 | Kind::IVec3 | Kind::UVec3 => 3,
            Kind::Vec4 | Kind::IVec4 | Kind::UVec4 | Kind::Quat | Kind::Color => 4,
        }
    }

    /// What its parts are called, a letter each.
    pub(super) fn letters(self) -> &'static str {
        match self {
            Kind::Color => "rgba",
            _ => &"xyzw"[..self.len()],
        }
    }

    /// The place of the part that a letter stands for.
    #[inline]
    pub(super) fn part(self, letter: u8) -> Option<usize> {
        self.letters().bytes().position(|known| known == letter)
    }

    /// The kind's metatable.
    pub(super) fn class(self) -> Class {
        match self {
            Kind::Vec2 => Class::Vec2,
            Kind::Vec3 => Class::Vec3,
            Kind::Vec4 => Class::Vec4,
            Kind::IVec2 => Class::IVec2,
            Kind::IVec3 => Class::IVec3,
            Kind::IVec4 => Class::IVec4,
            Kind::UVec2 => Class::UVec2,
            Kind::UVec3 => Class::UVec3,
            Kind::UVec4 => Class::UVec4,
            Kind::Quat => Class::Quat,
            Kind::Color => Class::Color,
        }
    }
}

/// A value of one of the kinds.
#[derive(Clone, Copy, Debug)]
pub(in crate::plugin) struct Datum {
    /// Its kind.
    pub(in crate::plugin) kind: Kind,
    /// The colour space of a colour, otherwise 0.
    pub(super) space: u8,
    parts: [u32; 4],
}

impl Datum {
    /// A value of floats: a vector, or a rotation.
    #[inline]
    pub(in crate::plugin) fn floats(kind: Kind, parts: [f32; 4]) -> Datum {
        Datum { kind, space: 0, parts: parts.map(f32::to_bits) }
    }

    /// A colour.
    pub(super) fn color(space: u8, parts: [f32; 4]) -> Datum {
        Datum { kind: Kind::Color, space, parts: parts.map(f32::to_bits) }
    }

    /// A value of integers; the place and the value of the first that does not fit otherwise.
    pub(super) fn integers(kind: Kind, parts: [i64; 4]) -> Result<Datum, (usize, i64)> {
        let mut bits = [0; 4];
        for (index, (bits, &part)) in bits.iter_mut().zip(&parts).take(kind.len()).enumerate() {
            *bits = match kind.family() {
                Family::Unsigned => u32::try_from(part).map_err(|_| (index, part))?,
                _ => i32::try_from(part).map_err(|_| (index, part))?.cast_unsigned(),
            };
        }
        Ok(Datum { kind, space: 0, parts: bits })
    }

    /// The parts of a value of floats.
    #[inline]
    pub(super) fn as_floats(self) -> [f32; 4] {
        self.parts.map(f32::from_bits)
    }

    /// The parts of a value of integers.
    pub(super) fn as_integers(self) -> [i64; 4] {
        match self.kind.family() {
            Family::Unsigned => self.parts.map(i64::from),
            _ => self.parts.map(|bits| i64::from(bits.cast_signed())),
        }
    }

    /// The parts as they are in Lua's arithmetic.
    #[expect(clippy::cast_precision_loss, reason = "an integer of 32 bits fits")]
    pub(super) fn numbers(self) -> [f64; 4] {
        if self.kind.is_integer() {
            self.as_integers().map(|part| part as f64)
        } else {
            self.as_floats().map(f64::from)
        }
    }

    /// The part at this place, in Lua.
    #[inline]
    pub(super) fn part<'gc>(self, index: usize) -> Value<'gc> {
        let Some(&bits) = self.parts.get(index) else { return Value::Nil };
        match self.kind.family() {
            Family::Signed => Value::Integer(bits.cast_signed().into()),
            Family::Unsigned => Value::Integer(bits.into()),
            _ => Value::Float(f32::from_bits(bits).into()),
        }
    }

    /// A vector of some of the parts, two to four.
    pub(super) fn pick(self, places: &[usize]) -> Datum {
        let family = if self.kind.is_vector() { self.kind.family() } else { Family::Float };
        let mut parts = [0; 4];
        for (to, &from) in parts.iter_mut().zip(places) {
            *to = self.parts.get(from).copied().unwrap_or_default();
        }
        Datum { kind: Kind::of(family, places.len()), space: 0, parts }
    }

    /// Whether both are the same vector, rotation, or colour of the same space.
    pub(super) fn equals(self, other: Datum) -> bool {
        let comparable = self.kind == other.kind || self.kind.is_vector() && other.kind.is_vector();
        let len = self.kind.len();
        let (a, b) = (self.numbers(), other.numbers());
        comparable && self.space == other.space && len == other.kind.len() && a[..len] == b[..len]
    }

    /// Whether both have the same bits, so that to write the one over the other changes nothing.
    pub(super) fn is(self, other: Datum) -> bool {
        let len = self.kind.len();
        self.kind == other.kind && self.space == other.space && self.parts[..len] == other.parts[..len]
    }

    /// The value in Lua.
    #[inline]
    pub(in crate::plugin) fn wrap<'gc>(self, ctx: Context<'gc>) -> Value<'gc> {
        let numbers = Numbers { kind: self.kind as u16 | u16::from(self.space) << 8, parts: self.parts };
        Value::UserData(self.kind.class().wrap_numbers(ctx, numbers))
    }

    /// The value that a userdata is.
    #[inline]
    pub(super) fn unwrap(data: UserData<'_>) -> Option<Datum> {
        let numbers = data.numbers()?;
        let [kind, space] = numbers.kind.to_le_bytes();
        Some(Datum { kind: *Kind::ALL.get(usize::from(kind))?, space, parts: numbers.parts })
    }

    /// How a script writes it.
    pub(super) fn text(self) -> String {
        let mut text = format!("{}(", self.kind.name());
        for index in 0..self.kind.len() {
            let separator = if index == 0 { "" } else { ", " };
            let part = match self.part(index) {
                Value::Integer(part) => part.to_string(),
                _ => float_text(self.as_floats()[index]),
            };
            // Writing to a string cannot fail.
            let _ = write!(text, "{separator}{part}");
        }
        text.push(')');
        text
    }
}

/// The shortest text that reads as the same `f32`, whole numbers without a point.
pub(super) fn float_text(value: f32) -> String {
    let size = value.abs();
    if value.is_nan() {
        "nan".to_owned()
    } else if size != 0.0 && size.is_finite() && !(1e-5..1e16).contains(&size) {
        format!("{value:e}")
    } else {
        value.to_string()
    }
}

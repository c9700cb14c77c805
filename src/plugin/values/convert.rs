//! Values out of what scripts write: another value, a table of numbers, the name of a colour.
//!
//! Constructors and assignments to components share this. It is strict: what does not fit is an error that says what
//! would. A table with letters patches what was there before; a list gives all parts.

use std::any::Any;

use bevy::ecs::world::World;

use super::super::argument::as_mismatch;
use super::super::reflect::as_reference;
use super::args::name_of;
use super::color;
use super::datum::{Datum, Family, Kind, float_text};
use crate::api::{Context, Mismatch, Table, Value, number};

/// A value as another kind, if nothing is lost by that but the precision of integers above 2^24.
pub(super) fn cast(datum: Datum, kind: Kind) -> Result<Datum, String> {
    if datum.kind == kind {
        return Ok(datum);
    }
    if !(datum.kind.is_vector() && kind.is_vector() && datum.kind.len() == kind.len()) {
        return Err(format!("it wants {}, got {}{}", kind.a_name(), datum.kind.a_name(), bridge(datum.kind, kind)));
    }
    if kind.family() == Family::Float {
        #[expect(clippy::cast_possible_truncation, reason = "a vector has the precision of f32")]
        return Ok(Datum::floats(kind, datum.numbers().map(|part| part as f32)));
    }
    let mut parts = [0; 4];
    for (index, part) in parts.iter_mut().enumerate().take(kind.len()) {
        *part = whole(kind, index, datum.numbers()[index])?;
    }
    whole_datum(kind, parts)
}

/// How to get from one kind to another that is not converted by itself.
fn bridge(from: Kind, to: Kind) -> &'static str {
    match (from.is_vector() && to.is_vector(), from.len() < to.len()) {
        (true, true) => ": v:extend(n) adds a part",
        (true, false) => ": v.xy takes parts of it",
        _ if to == Kind::Quat => ": quat.euler and quat.axis_angle make one",
        _ => "",
    }
}

fn whole(kind: Kind, index: usize, part: f64) -> Result<i64, String> {
    number::float_to_integer(part).ok_or_else(|| {
        let (letter, name) = (&kind.letters()[index..=index], kind.name());
        format!("{letter} is {part}, and {} holds integers: write {name}(v:floor()) or v:round()", kind.a_name())
    })
}

/// A value of integers, or what is wrong with them.
pub(super) fn whole_datum(kind: Kind, parts: [i64; 4]) -> Result<Datum, String> {
    Datum::integers(kind, parts).map_err(|(index, part)| {
        let letter = &kind.letters()[index..=index];
        let range = match kind.family() {
            Family::Unsigned => format!("0 to {}", u32::MAX),
            _ => format!("{} to {}", i32::MIN, i32::MAX),
        };
        format!("{letter} is {part}, and {} holds {range}", kind.a_name())
    })
}

/// A value of parts that are numbers in Lua; the word says which of them is none.
pub(super) fn from_numbers<'gc>(kind: Kind, parts: [Value<'gc>; 4]) -> Result<Datum, String> {
    if kind.is_integer() {
        let mut whole_parts = [0; 4];
        for (index, (to, from)) in whole_parts.iter_mut().zip(parts).enumerate().take(kind.len()) {
            *to = match from {
                Value::Integer(part) => part,
                Value::Float(part) => whole(kind, index, part)?,
                _ => return Err(not_a_number(kind, index, from)),
            };
        }
        return whole_datum(kind, whole_parts);
    }
    let mut floats = [0.0; 4];
    for (index, (to, from)) in floats.iter_mut().zip(parts).enumerate().take(kind.len()) {
        *to = as_f32(from).ok_or_else(|| not_a_number(kind, index, from))?;
    }
    Ok(Datum::floats(kind, floats))
}

/// A number in Lua as the nearest `f32`.
#[inline]
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a vector has the precision of f32")]
pub(super) fn as_f32(value: Value<'_>) -> Option<f32> {
    match value {
        Value::Float(value) => Some(value as f32),
        Value::Integer(value) => Some(value as f32),
        _ => None,
    }
}

fn not_a_number(kind: Kind, index: usize, got: Value<'_>) -> String {
    let letter = &kind.letters()[index..=index];
    format!("{letter} is {}, not a number", plain(got))
}

fn plain(value: Value<'_>) -> String {
    if value.is_nil() { "nil".to_owned() } else { format!("a {}", value.type_name()) }
}

/// A value of this kind out of a table, a text, or anything else that is no value itself.
pub(super) fn from_lua<'gc>(
    ctx: Context<'gc>,
    kind: Kind,
    value: Value<'gc>,
    old: Option<Datum>,
) -> Result<Datum, String> {
    match value {
        Value::UserData(data) if let Some(datum) = Datum::unwrap(data) => cast(datum, kind),
        Value::Table(table) => from_table(ctx, kind, table, old),
        Value::String(text) if kind == Kind::Color => color::named(ctx, &text.to_text()),
        _ => Err(wants(ctx, kind, value)),
    }
}

fn wants<'gc>(ctx: Context<'gc>, kind: Kind, got: Value<'gc>) -> String {
    let name = kind.a_name();
    let got_name = match name_of(ctx, got) {
        name if got.is_nil() || name.starts_with('\'') => name,
        name if name.starts_with(['i', 'E']) => format!("an {name}"),
        name => format!("a {name}"),
    };
    let remedy = match (kind, got) {
        (Kind::Color, _) => ": write color(r, g, b), color(\"#ff8800\") or color.RED".to_owned(),
        (Kind::Quat, _) => ": write quat.euler(x, y, z) or quat.axis_angle(axis, angle)".to_owned(),
        (_, Value::Integer(_) | Value::Float(_)) => {
            let part = as_f32(got).map(float_text).unwrap_or_default();
            format!(": for the same number in all parts write {}({part})", kind.name())
        }
        _ => {
            let letters: Vec<&str> = kind.letters().split("").filter(|letter| !letter.is_empty()).collect();
            format!(": write {}({})", kind.name(), letters.join(", "))
        }
    };
    format!("it wants {name}, got {got_name}{remedy}")
}

/// The argument of a Rust function, or a part of one, as a value of a kind; of a reference, what is there.
pub(super) fn argument<'gc>(
    ctx: Context<'gc>,
    host: &dyn Any,
    kind: Kind,
    value: Value<'gc>,
) -> Result<Datum, Mismatch> {
    if let Some(reference) = as_reference(value)
        && let Some(shape) = reference.place.shape
    {
        let Some(world) = host.downcast_ref::<World>() else {
            let text = reference.text();
            return Err(Mismatch::message(format!(
                "'{text}' cannot be looked up here, where no world is at hand: '{text}:copy()' is the value"
            )));
        };
        let found = reference.look(world, |there| shape.read(there)).map_err(|raised| as_mismatch(ctx, &raised))?;
        let found = found.ok_or_else(|| Mismatch::new(ctx, kind.name(), value))?;
        return cast(found, kind).map_err(Mismatch::message);
    }
    if value.is_nil() {
        return Err(Mismatch::new(ctx, kind.name(), value));
    }
    from_lua(ctx, kind, value, None).map_err(Mismatch::message)
}

/// `{1, 2, 3}` or `{x = 1, y = 2, z = 3}`; letters that are not there are the old value's.
fn from_table<'gc>(ctx: Context<'gc>, kind: Kind, table: Table<'gc>, old: Option<Datum>) -> Result<Datum, String> {
    let len = kind.len();
    let mut found = 0;
    let mut parts = [Value::Nil; 4];
    for (part, index) in parts.iter_mut().zip(1..).take(len) {
        *part = table.get_integer(ctx, index);
        found += usize::from(!part.is_nil());
    }
    if found > 0 {
        // The alpha of a colour may be left out.
        if kind == Kind::Color && found == 3 && parts[3].is_nil() {
            parts[3] = Value::Float(1.0);
        } else if found < len {
            return Err(format!("it wants a list of {len} numbers, got {found}"));
        }
        refuse_others(ctx, kind, table, found)?;
        return from_numbers(kind, parts);
    }
    let mut patched = [false; 4];
    for (index, letter) in kind.letters().bytes().enumerate() {
        parts[index] = table.get(ctx, ctx.text([letter]));
        patched[index] = !parts[index].is_nil();
        found += usize::from(patched[index]);
    }
    refuse_others(ctx, kind, table, found)?;
    if kind == Kind::Color
        && let Some(old) = old
        && patched == [false, false, false, true]
    {
        let alpha = as_f32(parts[3]).ok_or_else(|| not_a_number(kind, 3, parts[3]))?;
        return Ok(color::with_alpha(old, alpha));
    }
    let old = old.map(color::in_srgb);
    for (index, part) in parts.iter_mut().enumerate().filter(|(index, _)| !patched[*index]) {
        *part = match old {
            Some(old) => old.part(index),
            None if index == 3 && !kind.is_vector() => Value::Float(1.0),
            None => Value::Integer(0),
        };
    }
    from_numbers(kind, parts)
}

/// Fails if a table has more fields than were found in it.
fn refuse_others<'gc>(ctx: Context<'gc>, kind: Kind, table: Table<'gc>, found: usize) -> Result<(), String> {
    let (mut position, mut count) = (0, 0);
    // Each turn but one finds a field that is known, so there are few.
    while let Some((next, key, _)) = table.next_from(ctx, position) {
        ctx.charge(table.steps_between(position, Some(next)));
        (position, count) = (next, count + 1);
        let is_known = match key {
            Value::Integer(index) => (1..=kind.len() as i64).contains(&index),
            Value::String(name) => matches!(name.as_bytes(), [letter] if kind.part(*letter).is_some()),
            _ => false,
        };
        if !is_known {
            let shown = match key {
                Value::String(name) => format!("'{}'", name.to_text()),
                Value::Integer(index) => format!("[{index}]"),
                other => format!("a {} as key", other.type_name()),
            };
            let (name, letters) = (kind.a_name(), kind.letters());
            return Err(format!("{name} has no {shown}; its parts are {}", spaced(letters)));
        }
    }
    if count > found {
        return Err(format!(
            "it wants a list of {} numbers or a table with {}, not both",
            kind.len(),
            spaced(kind.letters())
        ));
    }
    Ok(())
}

/// `x, y, z`
pub(super) fn spaced(letters: &str) -> String {
    let letters: Vec<String> = letters.chars().map(String::from).collect();
    letters.join(", ")
}

//! The tables that stand for the kinds: `vec3(1, 2, 3)`, `vec3.ZERO`, `vec3.dot(a, b)`, `quat.euler(x, y, z)`.
//!
//! Each is frozen, called to make a value, and holds constants, functions, and the methods as functions too.

use super::super::class::hidden_metatable;
use super::args::{self, give, name_of};
use super::convert;
use super::datum::{Datum, Family, Kind};
use super::{Constant, METHODS, Static, color, float, hint, rotation};
use crate::api::{Action, Call, Context, Native, Raised, Table, TableError, Value};

/// Adds a kind's table to the globals.
pub(super) fn install(ctx: Context<'_>, kind: Kind) -> Result<(), TableError> {
    let table = Table::new(ctx);
    if let Some(metatable) = kind.class().metatable(ctx)
        && let Value::Table(methods) = metatable.get_integer(ctx, METHODS)
    {
        let mut position = 0;
        while let Some((next, name, method)) = methods.next_from(ctx, position) {
            table.set(ctx, name, method)?;
            position = next;
        }
    }
    for (name, constant) in constants(kind) {
        table.set_field(ctx, name, constant.wrap(ctx))?;
    }
    for &(name, run) in statics(kind) {
        table.set_field(ctx, name, Value::Native(Native::new(ctx, name, run)))?;
    }
    let is = Native::new(ctx, "is", move |call| {
        let value = call.arg(0);
        let is = args::datum(call, value)?.is_some_and(|value| value.kind == kind);
        call.ret1(Value::Boolean(is))
    });
    table.set_field(ctx, "is", Value::Native(is))?;

    let metatable = hidden_metatable(ctx, kind.name())?;
    let make = Native::new(ctx, kind.name(), move |call| construct(call, kind));
    metatable.set_field(ctx, "__call", Value::Native(make))?;
    let miss = Native::new(ctx, "index", move |call| Err(no_field(call, kind)));
    metatable.set_field(ctx, "__index", Value::Native(miss))?;
    metatable.freeze();
    table.set_metatable(ctx, Some(metatable));
    table.freeze();
    ctx.globals().set_field(ctx, kind.name(), Value::Table(table))
}

fn statics(kind: Kind) -> &'static [Static] {
    match kind {
        Kind::Vec2 => float::VEC2_STATICS,
        Kind::Quat => rotation::STATICS,
        Kind::Color => color::STATICS,
        _ => &[],
    }
}

fn constants(kind: Kind) -> Vec<Constant> {
    match kind.family() {
        Family::Rotation => return rotation::constants(),
        Family::Color => return color::constants(),
        _ => {}
    }
    let all = |part: f64| made(kind, [part; 4]);
    let one = |index: usize, part: f64| {
        let mut parts = [0.0; 4];
        parts[index] = part;
        made(kind, parts)
    };
    let len = kind.len();
    let mut constants = vec![("ZERO", all(0.0)), ("ONE", all(1.0))];
    constants.extend(["X", "Y", "Z", "W"].into_iter().zip(0..len).map(|(name, index)| (name, one(index, 1.0))));
    if kind.family() != Family::Unsigned {
        constants.push(("NEG_ONE", all(-1.0)));
        let negative = ["NEG_X", "NEG_Y", "NEG_Z", "NEG_W"].into_iter().zip(0..len);
        constants.extend(negative.map(|(name, index)| (name, one(index, -1.0))));
        if len < 4 {
            constants.extend([("UP", one(1, 1.0)), ("DOWN", one(1, -1.0))]);
            constants.extend([("RIGHT", one(0, 1.0)), ("LEFT", one(0, -1.0))]);
        }
        if len == 3 {
            constants.extend([("FORWARD", one(2, -1.0)), ("BACK", one(2, 1.0))]);
        }
    }
    match kind.family() {
        Family::Signed => constants.extend([("MIN", all(i32::MIN.into())), ("MAX", all(i32::MAX.into()))]),
        Family::Unsigned => constants.extend([("MIN", all(0.0)), ("MAX", all(u32::MAX.into()))]),
        _ => constants.extend([("INFINITY", all(f64::INFINITY)), ("NEG_INFINITY", all(f64::NEG_INFINITY))]),
    }
    constants
}

fn made(kind: Kind, parts: [f64; 4]) -> Datum {
    // The constants above fit.
    convert::from_numbers(kind, parts.map(Value::Float)).unwrap_or(Datum::floats(kind, [0.0; 4]))
}

/// `vec3(…)`: numbers, vectors and both; one number for all parts; a table; another value.
fn construct<'gc>(call: &mut Call<'_, 'gc>, kind: Kind) -> Result<Action<'gc>, Raised<'gc>> {
    // The first argument is the table that was called.
    let count = call.len().saturating_sub(1);
    let len = kind.len();
    let is_number = |value| matches!(value, Value::Integer(_) | Value::Float(_));
    if count == len && (1..=len).all(|index| is_number(call.arg(index))) {
        let parts = std::array::from_fn(|index| call.arg(index + 1));
        let made = convert::from_numbers(kind, parts).map_err(|why| refused(kind, &why))?;
        return give(call, made);
    }
    if count == 1 {
        let value = call.arg(1);
        if kind.is_vector() && is_number(value) {
            let made = args::splat(kind, value).map_err(|why| refused(kind, &why))?;
            return give(call, made);
        }
        let made = match args::datum(call, value)? {
            Some(from) if kind == Kind::Color && from.kind.is_vector() => joined(call, kind)?,
            Some(from) => convert::cast(from, kind).map_err(|why| refused(kind, &why))?,
            None => convert::from_lua(call.ctx, kind, value, None).map_err(|why| refused(kind, &why))?,
        };
        return give(call, made);
    }
    let made = joined(call, kind)?;
    give(call, made)
}

#[cold]
fn refused<'gc>(kind: Kind, why: &str) -> Raised<'gc> {
    Raised::message(format!("cannot make {}: {why}", kind.a_name()))
}

/// The parts of all arguments in a row: `vec4(v.xy, 0, 1)`.
fn joined<'gc>(call: &mut Call<'_, 'gc>, kind: Kind) -> Result<Datum, Raised<'gc>> {
    let len = kind.len();
    let mut parts = [Value::Nil; 4];
    let mut found = 0;
    for index in 1..call.len() {
        let value = call.arg(index);
        let (given, count) = match value {
            Value::Integer(_) | Value::Float(_) => ([value; 4], 1),
            _ => match args::datum(call, value)? {
                Some(from) if from.kind.is_vector() => (std::array::from_fn(|index| from.part(index)), from.kind.len()),
                _ => {
                    let got = name_of(call.ctx, value);
                    return Err(Raised::argument(index - 1, format!("number or vector expected, got {got}")));
                }
            },
        };
        for part in given.into_iter().take(count) {
            if let Some(slot) = parts.get_mut(found) {
                *slot = part;
            }
            found += 1;
        }
    }
    if kind == Kind::Color && found == 3 {
        (parts[3], found) = (Value::Float(1.0), 4);
    }
    if found != len {
        let wanted = if kind == Kind::Color { "3 or 4".to_owned() } else { len.to_string() };
        let (name, letters) = (kind.name(), convert::spaced(kind.letters()));
        return Err(refused(kind, &format!("it wants {wanted} numbers, as in {name}({letters}), got {found}")));
    }
    convert::from_numbers(kind, parts).map_err(|why| refused(kind, &why))
}

#[cold]
fn no_field<'gc>(call: &Call<'_, 'gc>, kind: Kind) -> Raised<'gc> {
    let Value::String(key) = call.arg(1) else {
        return Raised::message(format!(
            "'{}' is indexed by names, got {}",
            kind.name(),
            name_of(call.ctx, call.arg(1))
        ));
    };
    let mut names: Vec<&str> = constants(kind).into_iter().map(|(name, _)| name).collect();
    names.extend(statics(kind).iter().map(|(name, _)| *name));
    names.extend(super::methods_of(kind).map(|(name, _)| *name));
    let key: String = key.to_text().chars().take(40).collect();
    Raised::message(format!("'{}' has no '{key}'{}", kind.name(), hint(call.ctx, &key, &names)))
}

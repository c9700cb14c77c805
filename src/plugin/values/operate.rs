//! Operators on values: `+ - * / // %`, unary minus; with numbers on either side, part by part.
//!
//! As with Lua's numbers, `/` of integers gives floats, `//` and `%` round down, and integers and floats together are
//! floats; but integers that do not fit into 32 bits are an error. A rotation is multiplied by another or by a `vec3`.

use super::args::{self, give, name_of};
use super::convert::{as_f32, whole_datum};
use super::datum::{Datum, Family, Kind};
use super::{color, rotation};
use crate::api::{Action, Call, Context, Native, Raised, Table, TableError, Value};

/// An operator with two operands.
trait Operator {
    /// How a script writes it.
    const SIGN: &'static str;

    /// What it makes of two floats.
    fn floats(a: f32, b: f32) -> f32;

    /// What it makes of two integers; `None` where there is no answer. `/` makes floats of them before.
    fn integers(a: i64, b: i64) -> Option<i64>;
}

macro_rules! operators {
    ($($name:ident $event:literal $sign:literal ($a:ident, $b:ident) $floats:expr, $integers:expr;)*) => {
        $(struct $name;

        impl Operator for $name {
            const SIGN: &'static str = $sign;

            #[inline(always)]
            fn floats($a: f32, $b: f32) -> f32 {
                $floats
            }

            #[inline(always)]
            fn integers($a: i64, $b: i64) -> Option<i64> {
                $integers
            }
        })*

        /// Adds the operators to a metatable.
        pub(super) fn add_operators<'gc>(ctx: Context<'gc>, metatable: Table<'gc>) -> Result<(), TableError> {
            $(metatable.set_field(ctx, $event, Value::Native(Native::new(ctx, $sign, apply::<$name>)))?;)*
            metatable.set_field(ctx, "__unm", Value::Native(Native::new(ctx, "-", negate)))
        }
    };
}

operators! {
    Add "__add" "+" (a, b) a + b, a.checked_add(b);
    Subtract "__sub" "-" (a, b) a - b, a.checked_sub(b);
    Multiply "__mul" "*" (a, b) a * b, a.checked_mul(b);
    Divide "__div" "/" (a, b) a / b, a.checked_div(b);
    DivideDown "__idiv" "//" (a, b) (a / b).floor(), floor_div(a, b);
    Remain "__mod" "%" (a, b) modulo(a, b), floor_div(a, b).map(|times| a - times * b);
}

fn floor_div(a: i64, b: i64) -> Option<i64> {
    let quotient = a.checked_div(b)?;
    Some(if a % b != 0 && (a < 0) != (b < 0) { quotient - 1 } else { quotient })
}

/// As Lua's `%`: the sign of the result is the divisor's.
fn modulo(a: f32, b: f32) -> f32 {
    let remainder = a % b;
    if remainder != 0.0 && (remainder < 0.0) != (b < 0.0) { remainder + b } else { remainder }
}

/// `a op b`
fn apply<'gc, O: Operator>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    // The usual operands: two vectors of floats of one kind, and a vector and a number.
    if let (Some(Value::UserData(left)), Some(right)) = (call.peek(0), call.peek(1))
        && let Some(left) = Datum::unwrap(*left)
        && left.kind.family() == Family::Float
    {
        let right = match right {
            Value::UserData(right) => Datum::unwrap(*right).filter(|right| right.kind == left.kind),
            right => as_f32(*right).map(|right| Datum::floats(left.kind, [right; 4])),
        };
        if let Some(right) = right {
            return give(call, on_floats::<O>(left, right));
        }
    }
    apply_slowly::<O>(call)
}

#[inline(always)]
fn on_floats<O: Operator>(a: Datum, b: Datum) -> Datum {
    let (left, right) = (a.as_floats(), b.as_floats());
    let mut parts = [0.0; 4];
    for ((to, &a), &b) in parts.iter_mut().zip(&left).zip(&right) {
        *to = O::floats(a, b);
    }
    Datum::floats(a.kind, parts)
}

#[inline(never)]
fn apply_slowly<'gc, O: Operator>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (left, right) = (call.arg(0), call.arg(1));
    let (a, b) = (args::datum(call, left)?, args::datum(call, right)?);
    let operands = match (a, b) {
        (Some(a), Some(b)) => Some((a, b)),
        (Some(a), None) => spread(a.kind, right).map(|b| (a, b)),
        (None, Some(b)) => spread(b.kind, left).map(|a| (a, b)),
        (None, None) => None,
    };
    let made = match operands {
        Some((a, b)) => on_two::<O>(a, b).map_err(Raised::message)?,
        None => None,
    };
    match made {
        Some(made) => give(call, made),
        None => Err(refuse::<O>(call, a, b)),
    }
}

/// A number as a value of all parts, for an operation with a value of the kind.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a vector has the precision of f32")]
fn spread(kind: Kind, value: Value<'_>) -> Option<Datum> {
    let float = match value {
        // An integer that does not fit is a float of the same value: the result will not fit either.
        Value::Integer(value) if kind.is_integer() => match Datum::integers(kind, [value; 4]) {
            Ok(value) => return Some(value),
            Err(_) if kind.family() == Family::Unsigned && i32::try_from(value).is_ok() => {
                return Datum::integers(Kind::of(Family::Signed, kind.len()), [value; 4]).ok();
            }
            Err(_) => value as f32,
        },
        Value::Integer(value) => value as f32,
        Value::Float(value) => value as f32,
        _ => return None,
    };
    let kind = if kind.is_integer() { Kind::of(Family::Float, kind.len()) } else { kind };
    match kind.family() {
        Family::Rotation => None,
        _ => Some(Datum::floats(kind, [float; 4])),
    }
}

/// The result of an operation on two values. `None` if there is no such operation.
fn on_two<O: Operator>(a: Datum, b: Datum) -> Result<Option<Datum>, String> {
    if a.kind == Kind::Quat {
        return Ok(match b.kind {
            Kind::Quat if O::SIGN == "*" => Some(rotation::product(a, b)),
            Kind::Vec3 if O::SIGN == "*" => Some(rotation::rotated(a, b)),
            _ => None,
        });
    }
    if a.kind == Kind::Color && b.kind == Kind::Color {
        let is_known = matches!(O::SIGN, "+" | "-" | "*" | "/");
        return Ok(is_known.then(|| on_floats::<O>(color::in_srgb(a), color::in_srgb(b))));
    }
    if !(a.kind.is_vector() && b.kind.is_vector() && a.kind.len() == b.kind.len()) {
        return Ok(None);
    }
    if !(a.kind.is_integer() && b.kind.is_integer()) || O::SIGN == "/" {
        return Ok(Some(on_floats::<O>(as_floats(a), as_floats(b))));
    }
    on_integers::<O>(a, b).map(Some)
}

#[expect(clippy::cast_possible_truncation, reason = "a vector has the precision of f32")]
fn as_floats(value: Datum) -> Datum {
    Datum::floats(Kind::of(Family::Float, value.kind.len()), value.numbers().map(|part| part as f32))
}

/// Of signed and unsigned integers the left ones' kind is the result's.
fn on_integers<O: Operator>(a: Datum, b: Datum) -> Result<Datum, String> {
    let (left, right) = (a.as_integers(), b.as_integers());
    let mut parts = [0; 4];
    for (index, part) in parts.iter_mut().enumerate().take(a.kind.len()) {
        *part = O::integers(left[index], right[index]).ok_or_else(|| {
            if right[index] == 0 {
                format!("attempt to perform '{} {} 0' with integers", a.text(), O::SIGN)
            } else {
                format!("{} {} {} does not fit into {}", a.text(), O::SIGN, b.text(), a.kind.a_name())
            }
        })?;
    }
    whole_datum(a.kind, parts).map_err(|why| format!("{} {} {}: {why}", a.text(), O::SIGN, b.text()))
}

#[cold]
fn refuse<'gc, O: Operator>(call: &Call<'_, 'gc>, a: Option<Datum>, b: Option<Datum>) -> Raised<'gc> {
    let name = |value: Option<Datum>, index| match value {
        Some(value) => value.kind.name().to_owned(),
        None => name_of(call.ctx, call.arg(index)),
    };
    let kinds = (a.map(|a| a.kind), b.map(|b| b.kind));
    let remedy = match kinds {
        (Some(Kind::Quat), _) | (_, Some(Kind::Quat)) => {
            "a rotation is multiplied by another one or by a vec3, on its left: q * v"
        }
        (Some(Kind::Color), _) | (_, Some(Kind::Color)) => {
            "colors are added, subtracted, multiplied and divided with each other and with numbers"
        }
        (Some(_), Some(_)) => "both must have the same number of parts: v.xy takes two of them, v:extend(z) adds one",
        (None, None) => "one of both is a reference to something that is neither a vector nor a number",
        _ => "a vector computes with numbers and with vectors of the same number of parts",
    };
    Raised::message(format!("cannot compute {} {} {}: {remedy}", name(a, 0), O::SIGN, name(b, 1)))
}

/// `-v`
fn negate<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let value = call.arg(0);
    let made = match args::datum(call, value)? {
        Some(value) if value.kind.is_integer() => whole_datum(value.kind, value.as_integers().map(|part| -part))
            .map_err(|why| format!("-{}: {why}", value.text())),
        Some(value) if value.kind != Kind::Color => Ok(Datum::floats(value.kind, value.as_floats().map(|part| -part))),
        _ => Err(format!("cannot compute -{}: it is neither a vector nor a rotation", name_of(call.ctx, value))),
    };
    give(call, made.map_err(Raised::message)?)
}

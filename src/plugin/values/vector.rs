//! What all vectors can do, be their parts floats or integers; and what every value can.
//!
//! Integers are exact or an error, as their parts have 32 bits: nothing wraps around.

use super::args::{self, give, give_float};
use super::convert::{self, whole_datum};
use super::datum::{Datum, Family, Kind};
use super::{Method, color};
use crate::api::{Action, Call, Raised, Table, Value};

/// What every value can do.
pub(super) const SHARED: &[Method] = &[
    ("copy", give),
    ("with", with),
    ("unpack", unpack),
    ("to_table", to_table),
    ("to_list", to_list),
    ("is_near", is_near),
];

/// What every vector can do.
pub(super) const METHODS: &[Method] = &[
    ("dot", dot),
    ("length", |call, this| give_float(call, length(this))),
    ("length_squared", |call, this| give_sum(call, this, this)),
    ("distance", |call, this| {
        let other = args::like(call, 1, this.kind)?;
        give_float(call, distance(this, other))
    }),
    ("distance_squared", distance_squared),
    ("manhattan_distance", manhattan_distance),
    ("chebyshev_distance", chebyshev_distance),
    ("min", |call, this| with_other(call, this, f32::min, i64::min)),
    ("max", |call, this| with_other(call, this, f32::max, i64::max)),
    ("clamp", clamp),
    ("abs", |call, this| each(call, this, f32::abs, i64::abs)),
    ("sign", |call, this| each(call, this, sign, i64::signum)),
    ("sum", |call, this| {
        let ones = this.kind.is_integer().then(|| Datum::integers(this.kind, [1; 4]).ok()).flatten();
        give_sum(call, this, ones.unwrap_or(Datum::floats(this.kind, [1.0; 4])))
    }),
    ("min_element", |call, this| give_extreme(call, this, |a, b| a < b)),
    ("max_element", |call, this| give_extreme(call, this, |a, b| a > b)),
    ("extend", extend),
    ("truncate", |call, this| give(call, this.pick([&[0, 1], &[0, 1, 2][..]][usize::from(this.kind.len() > 3)]))),
    ("as_vec", |call, this| convert_to(call, this, Family::Float)),
    ("as_ivec", |call, this| convert_to(call, this, Family::Signed)),
    ("as_uvec", |call, this| convert_to(call, this, Family::Unsigned)),
    ("is_finite", |call, this| {
        let is_finite = parts(&this.numbers(), this.kind).iter().all(|part| part.is_finite());
        call.ret1(Value::Boolean(is_finite))
    }),
    ("is_nan", |call, this| {
        let is_nan = parts(&this.numbers(), this.kind).iter().any(|part| part.is_nan());
        call.ret1(Value::Boolean(is_nan))
    }),
];

/// As many parts as a value of the kind has.
#[inline]
pub(super) fn parts(all: &[f64; 4], kind: Kind) -> &[f64] {
    all.get(..kind.len()).unwrap_or(all)
}

/// The sum of the products of the parts.
#[inline]
pub(super) fn product_sum(a: Datum, b: Datum) -> f64 {
    let (left, right) = (a.numbers(), b.numbers());
    parts(&left, a.kind).iter().zip(&right).map(|(a, b)| a * b).sum()
}

/// How long it is.
#[inline]
pub(super) fn length(this: Datum) -> f64 {
    product_sum(this, this).sqrt()
}

/// How far one is from the other.
#[inline]
pub(super) fn distance(a: Datum, b: Datum) -> f64 {
    let (left, right) = (a.numbers(), b.numbers());
    parts(&left, a.kind).iter().zip(&right).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}

/// The sign of a number; zero and what is no number stay what they are.
pub(super) fn sign(part: f32) -> f32 {
    if part > 0.0 {
        1.0
    } else if part < 0.0 {
        -1.0
    } else {
        part
    }
}

/// Returns the sum of the products of the parts, an integer if it is one of integers and fits.
fn give_sum<'gc>(call: &mut Call<'_, 'gc>, a: Datum, b: Datum) -> Result<Action<'gc>, Raised<'gc>> {
    if a.kind.is_integer() {
        let products = a.as_integers().into_iter().zip(b.as_integers()).take(a.kind.len());
        let sum: i128 = products.map(|(a, b)| i128::from(a) * i128::from(b)).sum();
        if let Ok(sum) = i64::try_from(sum) {
            return call.ret1(Value::Integer(sum));
        }
    }
    give_float(call, product_sum(a, b))
}

fn dot<'gc>(call: &mut Call<'_, 'gc>, this: Datum) -> Result<Action<'gc>, Raised<'gc>> {
    let other = args::like(call, 1, this.kind)?;
    give_sum(call, this, other)
}

/// The differences of the parts, where nothing overflows.
fn differences<'gc>(call: &mut Call<'_, 'gc>, this: Datum) -> Result<[f64; 4], Raised<'gc>> {
    let other = args::like(call, 1, this.kind)?.numbers();
    let mut differences = this.numbers();
    for (part, other) in differences.iter_mut().zip(other) {
        *part -= other;
    }
    Ok(differences)
}

/// Returns a number, as an integer if the parts are integers and it fits.
fn give_number<'gc>(call: &mut Call<'_, 'gc>, kind: Kind, value: f64) -> Result<Action<'gc>, Raised<'gc>> {
    if kind.is_integer()
        && let Some(value) = crate::api::number::float_to_integer(value)
    {
        return call.ret1(Value::Integer(value));
    }
    give_float(call, value)
}

fn distance_squared<'gc>(call: &mut Call<'_, 'gc>, this: Datum) -> Result<Action<'gc>, Raised<'gc>> {
    let differences = differences(call, this)?;
    let sum = parts(&differences, this.kind).iter().map(|part| part * part).sum();
    give_number(call, this.kind, sum)
}

fn manhattan_distance<'gc>(call: &mut Call<'_, 'gc>, this: Datum) -> Result<Action<'gc>, Raised<'gc>> {
    let differences = differences(call, this)?;
    let sum = parts(&differences, this.kind).iter().map(|part| part.abs()).sum();
    give_number(call, this.kind, sum)
}

fn chebyshev_distance<'gc>(call: &mut Call<'_, 'gc>, this: Datum) -> Result<Action<'gc>, Raised<'gc>> {
    let differences = differences(call, this)?;
    let most = parts(&differences, this.kind).iter().map(|part| part.abs()).fold(0.0, f64::max);
    give_number(call, this.kind, most)
}

/// Returns a vector of what functions make of the parts.
fn each<'gc>(
    call: &mut Call<'_, 'gc>,
    this: Datum,
    float: fn(f32) -> f32,
    integer: fn(i64) -> i64,
) -> Result<Action<'gc>, Raised<'gc>> {
    if !this.kind.is_integer() {
        return give(call, Datum::floats(this.kind, this.as_floats().map(float)));
    }
    let made = whole_datum(this.kind, this.as_integers().map(integer)).map_err(Raised::message)?;
    give(call, made)
}

/// A vector of what functions make of the parts of two.
fn combine(a: Datum, b: Datum, float: fn(f32, f32) -> f32, integer: fn(i64, i64) -> i64) -> Datum {
    if a.kind.is_integer() {
        let (left, right) = (a.as_integers(), b.as_integers());
        let parts = std::array::from_fn(|index| integer(left[index], right[index]));
        // The function chooses one of both, so it fits.
        return Datum::integers(a.kind, parts).unwrap_or(a);
    }
    let (left, right) = (a.as_floats(), b.as_floats());
    Datum::floats(a.kind, std::array::from_fn(|index| float(left[index], right[index])))
}

fn with_other<'gc>(
    call: &mut Call<'_, 'gc>,
    this: Datum,
    float: fn(f32, f32) -> f32,
    integer: fn(i64, i64) -> i64,
) -> Result<Action<'gc>, Raised<'gc>> {
    let other = args::like_or_number(call, 1, this.kind)?;
    give(call, combine(this, other, float, integer))
}

/// `v:clamp(low, high)`: where `low` is greater than `high`, it is `high`.
fn clamp<'gc>(call: &mut Call<'_, 'gc>, this: Datum) -> Result<Action<'gc>, Raised<'gc>> {
    let low = args::like_or_number(call, 1, this.kind)?;
    let high = args::like_or_number(call, 2, this.kind)?;
    let raised = combine(this, low, |part, low| if part < low { low } else { part }, i64::max);
    give(call, combine(raised, high, |part, high| if part > high { high } else { part }, i64::min))
}

fn give_extreme<'gc>(
    call: &mut Call<'_, 'gc>,
    this: Datum,
    is_more: fn(f64, f64) -> bool,
) -> Result<Action<'gc>, Raised<'gc>> {
    let numbers = this.numbers();
    let mut found = 0;
    for (index, &part) in parts(&numbers, this.kind).iter().enumerate() {
        if is_more(part, numbers[found]) {
            found = index;
        }
    }
    call.ret1(this.part(found))
}

/// `v:extend(part)`: a vector with one part more.
fn extend<'gc>(call: &mut Call<'_, 'gc>, this: Datum) -> Result<Action<'gc>, Raised<'gc>> {
    let len = this.kind.len();
    let kind = Kind::of(this.kind.family(), len + 1);
    let mut all = [Value::Nil; 4];
    for (index, part) in all.iter_mut().enumerate().take(len) {
        *part = this.part(index);
    }
    if let Value::Integer(_) | Value::Float(_) = call.arg(1) {
        all[len] = call.arg(1);
    } else {
        return Err(args::wrong(call, 1, "number"));
    }
    let made = convert::from_numbers(kind, all).map_err(|why| Raised::argument(1, why))?;
    give(call, made)
}

/// Returns the vector with parts of another type, as near as it can hold them: fractions are cut off.
#[expect(clippy::cast_possible_truncation, reason = "that is what it is for; it saturates")]
fn convert_to<'gc>(call: &mut Call<'_, 'gc>, this: Datum, family: Family) -> Result<Action<'gc>, Raised<'gc>> {
    let kind = Kind::of(family, this.kind.len());
    let numbers = this.numbers();
    if family == Family::Float {
        return give(call, Datum::floats(kind, numbers.map(|part| part as f32)));
    }
    let (low, high) =
        if family == Family::Signed { (i32::MIN.into(), i32::MAX.into()) } else { (0, i64::from(u32::MAX)) };
    let made = whole_datum(kind, numbers.map(|part| (part as i64).clamp(low, high))).map_err(Raised::message)?;
    give(call, made)
}

/// `v:with{x = 1}`: the value with other parts.
fn with<'gc>(call: &mut Call<'_, 'gc>, this: Datum) -> Result<Action<'gc>, Raised<'gc>> {
    let patch = call.arg(1);
    if !matches!(patch, Value::Table(_)) {
        return Err(args::wrong(call, 1, "table such as {x = 1}"));
    }
    let made = convert::from_lua(call.ctx, this.kind, patch, Some(this)).map_err(|why| Raised::argument(1, why))?;
    give(call, made)
}

/// The parts that scripts see.
fn shown<'gc>(this: Datum) -> ([Value<'gc>; 4], usize) {
    let this = color::in_srgb(this);
    (std::array::from_fn(|index| this.part(index)), this.kind.len())
}

fn unpack<'gc>(call: &mut Call<'_, 'gc>, this: Datum) -> Result<Action<'gc>, Raised<'gc>> {
    let (parts, len) = shown(this);
    call.ret(parts.get(..len).unwrap_or_default())
}

fn to_table<'gc>(call: &mut Call<'_, 'gc>, this: Datum) -> Result<Action<'gc>, Raised<'gc>> {
    let (parts, len) = shown(this);
    let table = Table::with_capacity(call.ctx, 0, len);
    for (letter, part) in this.kind.letters().bytes().zip(parts) {
        table.set(call.ctx, call.ctx.text([letter]), part)?;
    }
    call.ret1(Value::Table(table))
}

fn to_list<'gc>(call: &mut Call<'_, 'gc>, this: Datum) -> Result<Action<'gc>, Raised<'gc>> {
    let (parts, len) = shown(this);
    let table = Table::with_capacity(call.ctx, len, 0);
    for (index, part) in (1..).zip(parts).take(len) {
        table.set_integer(call.ctx, index, part)?;
    }
    call.ret1(Value::Table(table))
}

/// `v:is_near(other [, tolerance])`: whether no part differs by more.
fn is_near<'gc>(call: &mut Call<'_, 'gc>, this: Datum) -> Result<Action<'gc>, Raised<'gc>> {
    let other = color::in_srgb(args::like(call, 1, this.kind)?).numbers();
    let tolerance = f64::from(args::number_or(call, 2, 1e-4)?);
    let numbers = color::in_srgb(this).numbers();
    let is_near = parts(&numbers, this.kind).iter().zip(other).all(|(a, b)| *a == b || (a - b).abs() <= tolerance);
    call.ret1(Value::Boolean(is_near))
}

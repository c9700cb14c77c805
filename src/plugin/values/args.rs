//! Arguments of natives: values, references to values, and numbers; and the complaints about all else.

use super::super::entity::world_of;
use super::super::reflect::Reference;
use super::convert::cast;
use super::datum::{Datum, Kind};
use crate::api::{Action, Call, Context, Raised, Value};

/// The value that something in Lua is: a value itself, or a reference to a place in the world where one is.
#[inline]
pub(in crate::plugin) fn datum<'gc>(call: &mut Call<'_, 'gc>, value: Value<'gc>) -> Result<Option<Datum>, Raised<'gc>> {
    let Value::UserData(data) = value else { return Ok(None) };
    if let Some(datum) = Datum::unwrap(data) {
        return Ok(Some(datum));
    }
    match Reference::held(data) {
        Some(reference) => at(call, &reference),
        None => Ok(None),
    }
}

/// The value at the place of a reference, if there is one.
pub(super) fn at<'gc>(call: &mut Call<'_, 'gc>, reference: &Reference) -> Result<Option<Datum>, Raised<'gc>> {
    match reference.place.shape {
        Some(shape) => reference.look(world_of(call)?, |value| shape.read(value)),
        None => Ok(None),
    }
}

/// The argument at `index` as a value of a kind.
pub(super) fn like<'gc>(call: &mut Call<'_, 'gc>, index: usize, kind: Kind) -> Result<Datum, Raised<'gc>> {
    let value = call.arg(index);
    match datum(call, value)? {
        Some(datum) if datum.kind == kind => Ok(datum),
        Some(datum) => cast(datum, kind).map_err(|why| Raised::argument(index, why)),
        None => Err(wrong(call, index, kind.name())),
    }
}

/// The argument at `index` as a value of a kind, or a number for all its parts.
pub(super) fn like_or_number<'gc>(call: &mut Call<'_, 'gc>, index: usize, kind: Kind) -> Result<Datum, Raised<'gc>> {
    let value = call.arg(index);
    match value {
        Value::Integer(_) | Value::Float(_) => splat(kind, value).map_err(|why| Raised::argument(index, why)),
        Value::UserData(_) => like(call, index, kind),
        _ => Err(wrong(call, index, &format!("{} or number", kind.name()))),
    }
}

/// A value whose parts are all the same number.
pub(super) fn splat(kind: Kind, value: Value<'_>) -> Result<Datum, String> {
    super::convert::from_numbers(kind, [value; 4])
}

/// The argument at `index` as a number of the precision that vectors have.
#[inline]
pub(super) fn number<'gc>(call: &Call<'_, 'gc>, index: usize) -> Result<f32, Raised<'gc>> {
    super::convert::as_f32(call.arg(index)).ok_or_else(|| wrong(call, index, "number"))
}

/// As [`number`], or another one where the argument is left out.
pub(super) fn number_or<'gc>(call: &Call<'_, 'gc>, index: usize, otherwise: f32) -> Result<f32, Raised<'gc>> {
    if call.arg(index).is_nil() { Ok(otherwise) } else { number(call, index) }
}

/// The complaint about an argument.
#[cold]
pub(super) fn wrong<'gc>(call: &Call<'_, 'gc>, index: usize, wanted: &str) -> Raised<'gc> {
    let got = match call.get(index) {
        None => "no value".to_owned(),
        Some(value) => name_of(call.ctx, value),
    };
    Raised::argument(index, format!("{wanted} expected, got {got}"))
}

/// What messages call something.
pub(super) fn name_of<'gc>(ctx: Context<'gc>, value: Value<'gc>) -> String {
    if let Value::UserData(data) = value
        && let Some(reference) = Reference::held(data)
    {
        return format!("'{}'", reference.text());
    }
    ctx.type_name(value)
}

/// Returns a value.
#[inline]
pub(super) fn give<'gc>(call: &mut Call<'_, 'gc>, datum: Datum) -> Result<Action<'gc>, Raised<'gc>> {
    let value = datum.wrap(call.ctx);
    call.ret1(value)
}

/// Returns a float.
#[inline]
pub(super) fn give_float<'gc>(call: &mut Call<'_, 'gc>, value: f64) -> Result<Action<'gc>, Raised<'gc>> {
    call.ret1(Value::Float(value))
}

//! Values of mathematics in scripts: `vec2 vec3 vec4`, `ivec2` … `uvec4`, `quat` and `color`.
//!
//! A value never changes; operators and methods make new ones. A reference to a place in the world that holds a vector,
//! a rotation or a colour behaves like the value that is there at that moment, in all operators, methods and
//! constructors, and can be assigned to. Parts are `f32`, as in Bevy; what a method returns as a number (`length`,
//! `dot`, angles) is computed in `f64`. Nothing here panics, and only trigonometry can differ between platforms.
//!
//! `datum` is a value in Rust, `convert` makes it from what scripts write, `bridge` from what lies in components.

mod args;
mod bridge;
mod color;
mod construct;
mod convert;
mod datum;
mod float;
mod operate;
mod palette;
mod rotation;
mod vector;

use bevy::reflect::{PartialReflect, Reflect};

use super::reflect::{Reference, hint};
use crate::api::{Action, Call, Context, Glance, LuaString, Native, Raised, Table, TableError, Value};
use args::{name_of, wrong};
pub(super) use bridge::Shape;
pub(super) use color::{color_of_parts, color_parts};
use datum::Family;
pub(super) use datum::{Datum, Kind};

/// A method and what it does with the value that it is called on.
type Method = (&'static str, MethodFn);
type MethodFn = for<'a, 'gc> fn(&mut Call<'a, 'gc>, Datum) -> Result<Action<'gc>, Raised<'gc>>;

/// A function in the table that stands for a kind.
type Static = (&'static str, StaticFn);
type StaticFn = for<'a, 'gc> fn(&mut Call<'a, 'gc>) -> Result<Action<'gc>, Raised<'gc>>;

/// A value in the table that stands for a kind.
type Constant = (&'static str, Datum);

/// Where in a kind's metatable its methods are.
const METHODS: i64 = 1;

/// Adds the values' constructors to the globals.
pub(super) fn install(ctx: Context<'_>) -> Result<(), TableError> {
    for kind in Kind::ALL {
        let metatable = kind.class().install(ctx)?;
        let methods = Table::new(ctx);
        for &(name, run) in methods_of(kind) {
            methods.set_field(ctx, name, Value::Native(method(ctx, kind, name, run)))?;
        }
        methods.freeze();
        metatable.set_integer(ctx, METHODS, Value::Table(methods))?;
        metatable.set_field(ctx, "__index", Value::Native(Native::with_glance(ctx, "index", &[], index, glance)))?;
        metatable.set_field(ctx, "__newindex", Value::Native(Native::new(ctx, "newindex", refuse_change)))?;
        metatable.set_field(ctx, "__eq", Value::Native(Native::new(ctx, "eq", equals)))?;
        metatable.set_field(ctx, "__tostring", Value::Native(Native::new(ctx, "tostring", to_string)))?;
        operate::add_operators(ctx, metatable)?;
        metatable.freeze();
        construct::install(ctx, kind)?;
    }
    Ok(())
}

/// Adds the operators to the metatable of references: their operands may be values.
pub(super) fn add_operators<'gc>(ctx: Context<'gc>, metatable: Table<'gc>) -> Result<(), TableError> {
    operate::add_operators(ctx, metatable)
}

fn methods_of(kind: Kind) -> impl Iterator<Item = &'static Method> {
    let (shared, special, own): (&[Method], &[Method], &[Method]) = match (kind.family(), kind) {
        (Family::Float, Kind::Vec2) => (vector::METHODS, float::METHODS, float::VEC2),
        (Family::Float, Kind::Vec3) => (vector::METHODS, float::METHODS, float::VEC3),
        (Family::Float, _) => (vector::METHODS, float::METHODS, &[]),
        (Family::Signed | Family::Unsigned, _) => (vector::METHODS, &[], &[]),
        (Family::Rotation, _) => (vector::SHARED, rotation::METHODS, &[]),
        (Family::Color, _) => (vector::SHARED, color::METHODS, &[]),
    };
    let any = if kind.is_vector() { vector::SHARED } else { &[] };
    any.iter().chain(shared).chain(special).chain(own).filter(move |(name, _)| match *name {
        "extend" => kind.len() < 4,
        "truncate" => kind.len() > 2,
        _ => true,
    })
}

/// A method as a function in Lua.
fn method<'gc>(ctx: Context<'gc>, kind: Kind, name: &'static str, run: MethodFn) -> Native<'gc> {
    Native::new(ctx, name, move |call| {
        let this = call.arg(0);
        match args::datum(call, this)? {
            Some(this) if this.kind == kind => run(call, this),
            _ => {
                let wanted = format!("{} expected, got {}", kind.name(), name_of(call.ctx, this));
                Err(Raised::argument(0, format!("{wanted}; call it as v:{name}(…)")))
            }
        }
    })
}

/// What a key means to a value.
enum Member<'gc> {
    Part(usize),
    Parts([usize; 4], usize),
    Method(Value<'gc>),
}

/// What `key` means to values of a kind.
fn find<'gc>(ctx: Context<'gc>, kind: Kind, key: LuaString<'gc>) -> Option<Member<'gc>> {
    let bytes = key.as_bytes();
    if let [letter] = bytes {
        return kind.part(*letter).map(Member::Part);
    }
    if let Some(metatable) = kind.class().metatable(ctx)
        && let Value::Table(methods) = metatable.get_integer(ctx, METHODS)
    {
        let method = methods.get_string(ctx, key);
        if !method.is_nil() {
            return Some(Member::Method(method));
        }
    }
    if !(2..=4).contains(&bytes.len()) {
        return None;
    }
    let mut places = [0; 4];
    for (place, &letter) in places.iter_mut().zip(bytes) {
        *place = kind.part(letter)?;
    }
    Some(Member::Parts(places, bytes.len()))
}

/// `value.key`; `None` if that means nothing.
fn member<'gc>(ctx: Context<'gc>, value: Datum, key: LuaString<'gc>) -> Option<Value<'gc>> {
    Some(match find(ctx, value.kind, key)? {
        Member::Part(index) => color::in_srgb(value).part(index),
        Member::Method(method) => method,
        Member::Parts(places, len) => color::in_srgb(value).pick(places.get(..len).unwrap_or_default()).wrap(ctx),
    })
}

/// `value.key`, without a call.
fn glance<'gc>(glance: Glance<'_, 'gc>) -> Option<Value<'gc>> {
    member(glance.ctx, Datum::unwrap(glance.object)?, glance.key)
}

/// `value.key`
fn index<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let value = match call.arg(0) {
        Value::UserData(data) => Datum::unwrap(data),
        _ => None,
    };
    let Some(value) = value else { return Err(wrong(call, 0, "value")) };
    let found = match call.arg(1) {
        Value::String(key) => member(call.ctx, value, key),
        _ => None,
    };
    match found {
        Some(found) => call.ret1(found),
        None => Err(no_member(call, value.kind)),
    }
}

/// `reference.key`, where the place holds a value and `key` is none of its fields. `None` if a value has no such part.
pub(super) fn index_reference<'gc>(
    call: &mut Call<'_, 'gc>,
    reference: &Reference,
    shape: &Shape,
) -> Result<Option<Value<'gc>>, Raised<'gc>> {
    let Value::String(key) = call.arg(1) else { return Ok(None) };
    let Some(member) = find(call.ctx, shape.kind, key) else { return Ok(None) };
    if let Member::Method(method) = member {
        return Ok(Some(method));
    }
    let value = args::at(call, reference)?.map(color::in_srgb);
    Ok(value.map(|value| match member {
        Member::Part(index) => value.part(index),
        Member::Parts(places, len) => value.pick(places.get(..len).unwrap_or_default()).wrap(call.ctx),
        Member::Method(method) => method,
    }))
}

/// What to say about a key that means nothing to a value.
#[cold]
pub(super) fn no_member<'gc>(call: &Call<'_, 'gc>, kind: Kind) -> Raised<'gc> {
    let what = match call.arg(0) {
        Value::UserData(data) if let Some(reference) = Reference::held(data) => {
            format!("'{}', {},", reference.text(), kind.a_name())
        }
        _ => kind.a_name(),
    };
    let parts = convert::spaced(kind.letters());
    let Value::String(key) = call.arg(1) else {
        let got = name_of(call.ctx, call.arg(1));
        return Raised::message(format!("{what} has no [{got}]; it has {parts}"));
    };
    let names: Vec<&str> = methods_of(kind).map(|(name, _)| *name).collect();
    let key: String = key.to_text().chars().take(40).collect();
    let example = &kind.letters()[..2];
    Raised::message(format!(
        "{what} has no '{key}'{}; it has {parts}, more of them at once as in v.{example}, and methods as in v:{}()",
        hint(call.ctx, &key, &names),
        if kind == Kind::Color { "to_hex" } else { "length" },
    ))
}

/// `value.key = …`: values do not change.
fn refuse_change<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let name = match call.arg(0) {
        Value::UserData(data) => Datum::unwrap(data).map_or("value", |value| value.kind.name()),
        _ => "value",
    };
    let key = match call.arg(1) {
        Value::String(key) if key.len() <= 40 => key.to_text().into_owned(),
        _ => "x".to_owned(),
    };
    Err(Raised::message(format!(
        "cannot set '{key}' of a {name}, which never changes: make another one, as in v = v:with{{{key} = …}}"
    )))
}

/// `a == b`, where one of both is a value: exact, part by part.
pub(super) fn equals<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (a, b) = (call.arg(0), call.arg(1));
    let same = match (args::datum(call, a)?, args::datum(call, b)?) {
        (Some(a), Some(b)) => a.equals(b),
        _ => false,
    };
    call.ret1(Value::Boolean(same))
}

fn to_string<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let value = call.arg(0);
    let Some(value) = args::datum(call, value)? else { return Err(wrong(call, 0, "value")) };
    let text = call.ctx.text(color::in_srgb(value).text());
    call.ret1(text)
}

/// The text of the value at the place of a reference, if one is there.
pub(super) fn text_at<'gc>(call: &mut Call<'_, 'gc>, reference: &Reference) -> Result<Option<String>, Raised<'gc>> {
    Ok(args::at(call, reference)?.map(|value| color::in_srgb(value).text()))
}

/// What is to be assigned to a place that holds a value: a reference is replaced by the value where it leads.
pub(super) fn settle<'gc>(call: &mut Call<'_, 'gc>, value: Value<'gc>) -> Result<Value<'gc>, Raised<'gc>> {
    match value {
        Value::UserData(data) if Datum::unwrap(data).is_none() => {
            Ok(args::datum(call, value)?.map_or(value, |datum| datum.wrap(call.ctx)))
        }
        _ => Ok(value),
    }
}

/// Writes what a script assigns over a value in the world. Whether that changed it. References are settled before.
///
/// # Errors
/// If it does not convert; nothing is written then.
pub(super) fn assign<'gc>(
    ctx: Context<'gc>,
    shape: &Shape,
    target: &mut dyn PartialReflect,
    value: Value<'gc>,
) -> Result<bool, String> {
    let old = shape.read(target);
    let datum = convert::from_lua(ctx, shape.kind, value, old)?;
    shape.store(target, datum)
}

/// Writes what a script assigns over a part of a value in the world that is no field there, such as a colour's `r`.
/// Whether that changed it.
///
/// # Errors
/// If there is no such part, or the value does not take it.
pub(super) fn assign_part<'gc>(
    ctx: Context<'gc>,
    shape: &Shape,
    target: &mut dyn PartialReflect,
    (key, value): (Value<'gc>, Value<'gc>),
) -> Result<bool, String> {
    let patch = Table::new(ctx);
    patch.set(ctx, key, value).map_err(|_| format!("{} has no such part", shape.kind.a_name()))?;
    assign(ctx, shape, target, Value::Table(patch))
}

/// The kind of a value; `None` if it is none of these.
pub(super) fn kind_of(value: Value<'_>) -> Option<Kind> {
    match value {
        Value::UserData(data) => Datum::unwrap(data).map(|datum| datum.kind),
        _ => None,
    }
}

/// How a script writes a Rust value, if its type is a value in Lua.
pub(super) fn text_of(value: &dyn PartialReflect) -> Option<String> {
    let shape = Shape::of(value.try_as_reflect()?.as_any().type_id())?;
    Some(color::in_srgb(shape.read(value)?).text())
}

/// A Rust value as a value in Lua, if its type is one.
pub(super) fn to_lua<'gc>(ctx: Context<'gc>, value: &dyn PartialReflect) -> Option<Value<'gc>> {
    let shape = Shape::of(value.try_as_reflect()?.as_any().type_id())?;
    Some(shape.read(value)?.wrap(ctx))
}

/// A Rust value of a shape out of what a script wrote; `old` is what a table patches. References are settled before.
///
/// # Errors
/// If it does not convert; the message says what would.
pub(super) fn from_lua<'gc>(
    ctx: Context<'gc>,
    shape: &Shape,
    value: Value<'gc>,
    old: Option<&dyn PartialReflect>,
) -> Result<Box<dyn Reflect>, String> {
    let old = old.and_then(|old| shape.read(old));
    shape.make(convert::from_lua(ctx, shape.kind, value, old)?)
}

//! The basic functions (§6.1), but for those that read source text or write lines, which have files of their own.
//!
//! `pcall` is the machine's, `xpcall` a sequence that catches: the machine brings errors to it, never a fault.

use super::garbage::collectgarbage;
use super::inquiry::{leave_call, text_from, without_position};
use super::load::load;
use super::print::{print, warn};
use super::{Row, add_functions, return_behind};
use crate::api::{
    Action, Call, Collect, Context, Event, Intrinsic, Meta, NUMERAL_MAX, Native, Raised, Sequence, Table, Type, Value,
};

/// The types, in the order of their numbers.
const TYPES: [Type; Type::COUNT] =
    [Type::Nil, Type::Boolean, Type::Number, Type::String, Type::Table, Type::Function, Type::UserData, Type::Thread];

/// Sets the globals.
pub(super) fn open<'gc>(ctx: Context<'gc>, globals: Table<'gc>) -> Result<(), Raised<'gc>> {
    add_functions(ctx, globals, FUNCTIONS)?;
    let next = Native::intrinsic(ctx, "next", Intrinsic::Next, &[], next);
    globals.set_field(ctx, "next", next)?;
    globals.set_field(ctx, "pairs", Native::with_upvalues(ctx, "pairs", &[next.into()], pairs))?;
    let step = Native::intrinsic(ctx, "for iterator", Intrinsic::IpairsStep, &[], ipairs_step);
    globals.set_field(ctx, "ipairs", Native::with_upvalues(ctx, "ipairs", &[step.into()], ipairs))?;
    globals.set_field(ctx, "pcall", Native::intrinsic(ctx, "pcall", Intrinsic::Pcall, &[], pcall))?;
    let names = TYPES.map(|kind| ctx.text(kind.name()));
    globals.set_field(ctx, "type", Native::with_upvalues(ctx, "type", &names, type_))?;
    globals.set_field(ctx, "_G", globals)?;
    globals.set_field(ctx, "_VERSION", ctx.text("Lua 5.4"))?;
    Ok(())
}

// -- errors ----------------------------------------------------------------------------------------------

fn assert<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    if call.arg(0).is_truthy() {
        return call.ret_args(0);
    }
    call.check_any(0)?;
    let message = call.get(1).unwrap_or_else(|| call.ctx.text("assertion failed!"));
    Err(Raised::at_level(message, 1))
}

fn error<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let level = call.optional::<i64>(1, 1)?;
    Err(Raised::at_level(call.arg(0), level))
}

fn pcall<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    call.check_any(0)?;
    call.leave_args(0);
    Ok(Action::CallProtected)
}

/// `xpcall`: as `pcall`, with a message handler.
#[derive(Collect)]
#[collect(no_drop)]
struct Handled<'gc> {
    handler: Value<'gc>,
}

impl<'gc> Sequence<'gc> for Handled<'gc> {
    fn name(&self) -> &'static str {
        "xpcall"
    }

    fn each_value(&self, see: &mut dyn FnMut(Value<'gc>)) {
        see(self.handler);
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        return_behind(call, Value::Boolean(true))
    }

    fn catches(&self) -> bool {
        true
    }

    fn caught(&mut self, call: &mut Call<'_, 'gc>, error: Raised<'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        let value = error.to_value(call.ctx);
        call.ret(&[Value::Boolean(false), value])
    }

    fn handler(&self) -> Option<Value<'gc>> {
        Some(self.handler)
    }
}

fn xpcall<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let handler = call.check_function(1)?;
    // The handler goes from between the function and its arguments: they move down by one place.
    call.charge(call.len() / 8);
    call.leave(&[call.arg(0)]);
    for index in 2..call.len() {
        call.push(call.arg(index));
    }
    Ok(Action::CallThen(Box::new(Handled { handler })))
}

// -- text ------------------------------------------------------------------------------------------------

/// `tostring` where the value has a `__tostring`.
#[derive(Collect)]
#[collect(require_static)]
struct ToString;

impl<'gc> Sequence<'gc> for ToString {
    fn name(&self) -> &'static str {
        "tostring"
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        let text = text_from(call, call.arg(0))?;
        call.ret1(text)
    }
}

fn tostring<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let value = call.check_any(0)?;
    match call.ctx.to_string(value) {
        Meta::Value(text) => call.ret1(text),
        Meta::Call { function, args, count } => {
            leave_call(call, function, args, count);
            Ok(Action::CallThen(Box::new(ToString)))
        }
    }
}

fn tonumber<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    if call.arg(1).is_nil() {
        let value = call.check_any(0)?;
        if let Value::String(text) = value {
            call.charge(text.len().min(NUMERAL_MAX) / 16);
        }
        return call.ret1(value.to_number());
    }
    let base = call.check::<i64>(1)?;
    let Value::String(text) = call.arg(0) else { return Err(call.unexpected(0, "string")) };
    match u32::try_from(base) {
        Ok(2..=36) if text.len() > NUMERAL_MAX => call.ret1(Value::Nil),
        Ok(base @ 2..=36) => {
            call.charge(text.len() / 16);
            call.ret1(integer_in_base(text.as_bytes(), base))
        }
        _ => Err(Raised::argument(1, "base out of range")),
    }
}

/// An integer in another base, which wraps around where it does not fit.
fn integer_in_base(text: &[u8], base: u32) -> Option<i64> {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let start = text.iter().position(|byte| !is_space(byte))?;
    let end = text.iter().rposition(|byte| !is_space(byte))?;
    let (is_negative, digits) = match text.get(start..=end)? {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] | digits => (false, digits),
    };
    if digits.is_empty() {
        return None;
    }
    let value = digits.iter().try_fold(0_i64, |value, byte| {
        let digit = char::from(*byte).to_digit(base)?;
        Some(value.wrapping_mul(i64::from(base)).wrapping_add(i64::from(digit)))
    })?;
    Some(if is_negative { value.wrapping_neg() } else { value })
}

// -- traversal -------------------------------------------------------------------------------------------

fn next<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let table = call.check_table(0)?;
    call.ctx.charge_key(call.arg(1));
    let Some(position) = table.position_behind(call.arg(1), 0) else {
        return Err(Raised::value(call.ctx.text("invalid key to 'next'")));
    };
    let next = table.next_from(call.ctx, position);
    call.charge(table.steps_between(position, next.map(|next| next.0)) as usize);
    match next {
        Some((_, key, value)) => call.ret(&[key, value]),
        None => call.ret1(Value::Nil),
    }
}

fn pairs<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let value = call.check_any(0)?;
    match call.ctx.metamethod(value, Event::Pairs) {
        Value::Nil => call.ret(&[call.upvalue(0), value, Value::Nil]),
        metamethod => {
            call.leave(&[metamethod, value]);
            Ok(Action::CallThen(Box::new(Pairs)))
        }
    }
}

/// `pairs` with a `__pairs`: three of its results.
#[derive(Collect)]
#[collect(require_static)]
struct Pairs;

impl<'gc> Sequence<'gc> for Pairs {
    fn name(&self) -> &'static str {
        "pairs"
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        call.ret(&[call.arg(0), call.arg(1), call.arg(2)])
    }
}

fn ipairs<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let value = call.check_any(0)?;
    call.ret(&[call.upvalue(0), value, Value::Integer(0)])
}

fn ipairs_step<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let index = call.check::<i64>(1)?.wrapping_add(1);
    let (ctx, object) = (call.ctx, call.arg(0));
    match ctx.index(object, Value::Integer(index)).map_err(|error| without_position(ctx, error))? {
        Meta::Value(Value::Nil) => call.ret1(Value::Nil),
        Meta::Value(value) => call.ret(&[Value::Integer(index), value]),
        Meta::Call { function, args, count } => {
            leave_call(call, function, args, count);
            Ok(Action::CallThen(Box::new(IpairsStep { index })))
        }
    }
}

/// A step of `ipairs` with an `__index` function.
#[derive(Collect)]
#[collect(require_static)]
struct IpairsStep {
    index: i64,
}

impl<'gc> Sequence<'gc> for IpairsStep {
    fn name(&self) -> &'static str {
        "for iterator"
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        match call.arg(0) {
            Value::Nil => call.ret1(Value::Nil),
            value => call.ret(&[Value::Integer(self.index), value]),
        }
    }
}

fn select<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let extra = call.len().saturating_sub(1);
    if let Value::String(text) = call.arg(0)
        && text.as_bytes().first() == Some(&b'#')
    {
        return call.ret1(Value::Integer(extra as i64));
    }
    let index = call.check::<i64>(0)?;
    if index < 0 {
        return match usize::try_from(index.unsigned_abs()) {
            Ok(back) if back <= extra => call.ret_args(extra + 1 - back),
            _ => Err(Raised::argument(0, "index out of range")),
        };
    }
    match usize::try_from(index) {
        Ok(0) => Err(Raised::argument(0, "index out of range")),
        Ok(index) => call.ret_args(index),
        Err(_) => call.ret0(),
    }
}

// -- values ----------------------------------------------------------------------------------------------

/// Its upvalues are the types' names, so that none has to be made.
fn type_<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let kind = call.check_any(0)?.kind();
    call.ret1(call.upvalue(kind as usize))
}

fn getmetatable<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let value = call.check_any(0)?;
    match call.ctx.metamethod(value, Event::Metatable) {
        Value::Nil => call.ret1(call.ctx.metatable(value)),
        shown => call.ret1(shown),
    }
}

fn setmetatable<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let table = call.check_table(0)?;
    let metatable = match call.get(1) {
        Some(Value::Nil) => None,
        Some(Value::Table(metatable)) => Some(metatable),
        _ => return Err(call.unexpected(1, "nil or table")),
    };
    if table.metatable().is_some() && !call.ctx.metamethod(Value::Table(table), Event::Metatable).is_nil() {
        return Err(Raised::message("cannot change a protected metatable"));
    }
    if table.is_frozen() {
        return Err(Raised::message("attempt to modify a read-only table"));
    }
    table.set_metatable(call.ctx, metatable);
    call.ret1(table)
}

fn rawequal<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (a, b) = (call.check_any(0)?, call.check_any(1)?);
    if let (Value::String(_), Value::String(_)) = (a, b)
        && let Meta::Call { function, args, count } = call.ctx.equals(a, b)
    {
        // Strings have no `__eq`: these are long, and compared in turns.
        leave_call(call, function, args, count);
        return Ok(Action::TailCall);
    }
    call.ret1(a.raw_equals(b))
}

fn rawlen<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    match call.arg(0) {
        Value::Table(table) => call.ret1(table.len()),
        Value::String(text) => call.ret1(Value::Integer(text.len() as i64)),
        _ => Err(call.unexpected(0, "table or string")),
    }
}

fn rawget<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let table = call.check_table(0)?;
    let key = call.check_any(1)?;
    call.ctx.charge_key(key);
    call.ret1(table.get(call.ctx, key))
}

fn rawset<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let table = call.check_table(0)?;
    let (key, value) = (call.check_any(1)?, call.check_any(2)?);
    let ctx = call.ctx;
    ctx.charge_key(key);
    table.set(ctx, key, value).map_err(|error| without_position(ctx, error.into()))?;
    call.ret1(table)
}

const FUNCTIONS: &[Row] = rows! {
    "assert" => assert,
    "collectgarbage" => collectgarbage,
    "error" => error,
    "getmetatable" => getmetatable,
    "load" => load,
    "print" => print,
    "rawequal" => rawequal,
    "rawget" => rawget,
    "rawlen" => rawlen,
    "rawset" => rawset,
    "select" => select,
    "setmetatable" => setmetatable,
    "tonumber" => tonumber,
    "tostring" => tostring,
    "warn" => warn,
    "xpcall" => xpcall,
};

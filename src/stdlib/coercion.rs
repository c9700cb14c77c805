//! Arithmetic on strings (§3.4.3): the metamethods that make `"10" + 1` a number.
//!
//! The operators themselves know numbers alone. A string operand brings them here, by the metatable of strings,
//! which a script may change. What looks like a number counts as one; else the other operand's metamethod is
//! asked, unless that is a string too.

use super::inquiry::{leave_call, without_position};
use super::{Row, add_functions};
use crate::api::{Action, ArithOp, Call, Context, Event, Meta, Native, Raised, Table, Value};

/// Adds the metamethods to the metatable of strings.
pub(super) fn add_metamethods<'gc>(ctx: Context<'gc>, metatable: Table<'gc>) -> Result<(), Raised<'gc>> {
    add_functions(ctx, metatable, METAMETHODS)
}

fn arithmetic<'gc>(
    call: &mut Call<'_, 'gc>,
    op: ArithOp,
    event: Event,
    name: &str,
) -> Result<Action<'gc>, Raised<'gc>> {
    let ctx = call.ctx;
    let first = number(call, call.arg(0));
    // Where there is one argument alone, its number is the other operand too.
    let second = if call.len() == 1 { first } else { number(call, call.arg(1)) };
    if let (Some(first), Some(second)) = (first, second) {
        // A unary operator's operand is handed over twice, and its last place counts.
        let first = if op == ArithOp::Unm { second } else { first };
        // The error of such an operation has no position: no Lua code did it.
        return match ctx.arithmetic(op, first, second).map_err(|error| without_position(ctx, error))? {
            Meta::Value(result) => call.ret1(result),
            Meta::Call { function, args, count } => {
                leave_call(call, function, args, count);
                Ok(Action::TailCall)
            }
        };
    }
    let (a, b) = (call.arg(0), call.arg(1));
    let metamethod = if let Value::String(_) = b { Value::Nil } else { ctx.metamethod(b, event) };
    if metamethod.is_nil() {
        let (left, right) = (a.type_name(), b.type_name());
        return Err(Raised::message(format!("attempt to {name} a '{left}' with a '{right}'")));
    }
    call.leave(&[metamethod, a, b]);
    Ok(Action::TailCall)
}

/// The number that arithmetic sees in a value.
fn number<'gc>(call: &mut Call<'_, 'gc>, value: Value<'gc>) -> Option<Value<'gc>> {
    if let Value::String(text) = value {
        call.charge(text.len() / 16);
    }
    value.to_number()
}

macro_rules! metamethods {
    ($($name:ident $key:literal $op:ident),* $(,)?) => {
        $(
            fn $name<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
                arithmetic(call, ArithOp::$op, Event::$op, $key.trim_start_matches('_'))
            }
        )*

        const METAMETHODS: &[Row] = rows! { in "string"; $($key => $name),* };
    };
}

metamethods! {
    add "__add" Add,
    sub "__sub" Sub,
    mul "__mul" Mul,
    r#mod "__mod" Mod,
    pow "__pow" Pow,
    div "__div" Div,
    idiv "__idiv" IDiv,
    unm "__unm" Unm,
}
